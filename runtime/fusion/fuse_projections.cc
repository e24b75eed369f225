// Linear layers over one input, as query, key and value are.
#include <map>
#include <utility>
#include <vector>

#include "runtime/fusion/fuse.h"
#include "runtime/fusion/linear_node.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

bool is_plain_linear(const GraphEditor& edit, const Node& node) {
  if (node.kind != NodeKind::kOperator || node.op->schema.name != "henson::linear") return false;
  return parts_of(edit, node).product_only();
}

void fuse_group(GraphEditor& edit, const std::vector<NodeId>& group) {
  const NodeId first = group.front();
  const Node front = edit.node(first);
  std::vector<ValueId> weights;
  std::vector<ValueId> biases;
  std::vector<ValueId> results;
  for (const NodeId id : group) {
    weights.push_back(edit.node(id).inputs[kLinearWeight]);
    biases.push_back(edit.node(id).inputs[kLinearBias]);
    results.push_back(edit.node(id).outputs[0]);
  }
  const Type tensor{TypeKind::kTensor, {}};
  const ValueId weight_list = edit.insert_list(first, std::move(weights), tensor);
  const ValueId bias_list = edit.insert_list(first, std::move(biases), Type::optional(tensor));
  Node node = edit.call(
      "henson::projections", "",
      {front.inputs[kLinearInput], weight_list, bias_list, front.inputs[kLinearReduceRange]},
      front.where);
  const ValueId all = edit.insert_before(first, std::move(node), {Type::list(tensor)})[0];
  edit.replace_all(group, {NodeKind::kUnpack, nullptr, {all}, {}, front.where}, std::move(results));
}

}  // namespace

void fuse_projections(Graph& graph) {
  GraphEditor edit(graph);
  // By what they read, and how they quantize it.
  std::map<std::pair<ValueId, std::optional<double>>, std::vector<NodeId>> groups;
  for (const NodeId id : edit.nodes()) {
    const Node& node = edit.node(id);
    if (is_plain_linear(edit, node) && edit.pure(id)) {
      groups[{node.inputs[kLinearInput], edit.number(node.inputs[kLinearReduceRange])}].push_back(
          id);
    }
  }
  for (const auto& [input, group] : groups) {
    if (group.size() > 1) fuse_group(edit, group);
  }
  edit.finish();
}

}  // namespace henson::runtime
