#include "runtime/analysis/writes.h"

namespace henson::runtime {
namespace {

/// The arguments of a node that its result `output` may share memory with.
std::vector<ValueId> shared_with(const Node& node, ValueId output) {
  if (node.kind != NodeKind::kOperator) return node.inputs;
  std::vector<ValueId> sources;
  const Schema& schema = node.op->schema;
  for (std::size_t r = 0; r < node.outputs.size(); ++r) {
    if (node.outputs[r] != output || schema.result_aliases[r].set == 0) continue;
    for (std::size_t a = 0; a < schema.arguments.size(); ++a) {
      if (schema.arguments[a].alias.set == schema.result_aliases[r].set) {
        sources.push_back(node.inputs[a]);
      }
    }
  }
  return sources;
}

}  // namespace

std::vector<bool> written_values(const Graph& graph) {
  std::vector<const Node*> producers(graph.values.size(), nullptr);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) producers[id] = &node;
  }
  std::vector<bool> written(graph.values.size(), false);
  std::vector<ValueId> pending;
  const auto mark = [&](ValueId id) {
    if (written[id]) return;
    written[id] = true;
    pending.push_back(id);
  };
  for (const Node& node : graph.nodes) {
    if (!writes(node)) continue;
    for (std::size_t a = 0; a < node.inputs.size(); ++a) {
      if (node.op->schema.arguments[a].alias.write) mark(node.inputs[a]);
    }
  }
  while (!pending.empty()) {
    const ValueId id = pending.back();
    pending.pop_back();
    if (producers[id] == nullptr) continue;
    for (const ValueId source : shared_with(*producers[id], id)) mark(source);
  }
  return written;
}

}  // namespace henson::runtime
