#include <string_view>

#include "runtime/execution/attention_step.h"
#include "runtime/execution/dense.h"
#include "runtime/execution/row_steps.h"
#include "runtime/execution/step.h"

namespace henson::runtime {

std::unique_ptr<Step> make_step(const Graph& graph, const Node& node, PackingList& packing) {
  if (node.kind != NodeKind::kOperator) return nullptr;
  const std::string_view name = node.op->schema.name;
  if (name == "henson::linear") return make_linear(graph, node, packing);
  if (name == "henson::projections") return make_projections(graph, node, packing);
  if (name == "henson::feed_forward") return make_feed_forward(graph, node, packing);
  if (name == "henson::attention" || name == "henson::attention_with_weights") {
    return make_attention(graph, node);
  }
  if (name == "henson::embeddings") return make_embeddings(graph, node);
  if (name == "aten::layer_norm") return make_layer_norm(graph, node);
  return nullptr;
}

}  // namespace henson::runtime
