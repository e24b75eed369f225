#include "runtime/graph/uses.h"

#include <string>
#include <unordered_set>

namespace henson::runtime {
namespace {

bool keeps_elements(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {
      "aten::view",      "aten::reshape", "aten::slice",   "aten::select",    "aten::expand",
      "aten::detach",    "aten::squeeze", "aten::flatten", "aten::unsqueeze", "aten::contiguous",
      "aten::expand_as", "aten::clone",   "aten::t",       "aten::transpose", "aten::permute"};
  return kNames.contains(name);
}

}  // namespace

std::vector<bool> read_values(const Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.inputs) read[id] = true;
  }
  for (const ValueId id : leaves_of(graph.output)) read[id] = true;
  return read;
}

std::vector<bool> embedding_indices(const Graph& graph) {
  std::vector<bool> indices(graph.values.size(), false);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (node->kind != NodeKind::kOperator || node->inputs.size() < 2) continue;
    const std::string& name = node->op->schema.name;
    if (name == "aten::embedding") {
      indices[node->inputs[1]] = true;
    } else if (keeps_elements(name) && indices[node->outputs[0]]) {
      indices[node->inputs[0]] = true;
    }
  }
  return indices;
}

}  // namespace henson::runtime
