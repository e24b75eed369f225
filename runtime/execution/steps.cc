#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/execution/arguments.h"
#include "runtime/execution/attention_step.h"
#include "runtime/execution/dense.h"
#include "runtime/execution/narrow_step.h"
#include "runtime/execution/row_steps.h"
#include "runtime/execution/step.h"

namespace henson::runtime {

namespace {

bool is_attention(const Node& node) {
  const std::string_view name = node.op->schema.name;
  return name == "henson::attention" || name == "henson::attention_with_weights";
}

/// The step, for values of float32.
std::unique_ptr<Step> make_wide_step(const Graph& graph, const Node& node, PackingList& packing) {
  const std::string_view name = node.op->schema.name;
  if (name == "henson::linear") return make_linear(graph, node, packing);
  if (name == "henson::projections") return make_projections(graph, node, packing);
  if (name == "henson::feed_forward") return make_feed_forward(graph, node, packing);
  if (is_attention(node)) return make_attention(graph, node);
  if (name == "henson::embeddings") return make_embeddings(graph, node);
  if (name == "aten::layer_norm") return make_layer_norm(graph, node);
  return nullptr;
}

/// What the node's tensors are where all of them are of 16 bits.
std::optional<DType> narrow_result(const Graph& graph, const Node& node) {
  std::optional<DType> result = graph.values[node.outputs[0]].dtype;
  // Projections are a list; they are what their weights are.
  if (const auto weights = NodeArguments(graph, node).tensors(1); !result && weights) {
    if (!weights->empty() && weights->front().defined()) result = weights->front().dtype();
  }
  return result && narrow_type(*result) ? result : std::nullopt;
}

}  // namespace

std::unique_ptr<Step> make_step(const Graph& graph, const Node& node, PackingList& packing) {
  if (node.kind != NodeKind::kOperator) return nullptr;
  std::unique_ptr<Step> step = make_wide_step(graph, node, packing);
  const std::optional<DType> narrow = step ? narrow_result(graph, node) : std::nullopt;
  if (!narrow) return step;
  std::vector<ValueId> inputs;
  for (const ValueId id : node.inputs) {
    // A mask is read when attention runs, even if it is the same in every run.
    if (!graph.values[id].constant || is_attention(node)) inputs.push_back(id);
  }
  return make_narrow(std::move(inputs), node, *narrow, std::move(step));
}

}  // namespace henson::runtime
