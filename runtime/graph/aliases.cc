#include "runtime/graph/aliases.h"

#include <map>
#include <numeric>

namespace henson::runtime {
namespace {

/// Values in sets that may share memory.
class AliasSets {
 public:
  explicit AliasSets(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), ValueId{0});
  }
  ValueId find(ValueId id) {
    while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
    return id;
  }
  void join(ValueId a, ValueId b) { parents_[find(a)] = find(b); }

 private:
  std::vector<ValueId> parents_;
};

void join_results(const Node& node, AliasSets& sets) {
  if (node.kind != NodeKind::kOperator) {
    for (const ValueId input : node.inputs) {
      for (const ValueId output : node.outputs) sets.join(input, output);
    }
    return;
  }
  const Schema& schema = node.op->schema;
  for (std::size_t r = 0; r < node.outputs.size(); ++r) {
    const char set = schema.result_aliases[r].set;
    for (std::size_t a = 0; a < node.inputs.size() && set != 0; ++a) {
      if (schema.arguments[a].alias.set == set) sets.join(node.inputs[a], node.outputs[r]);
    }
  }
}

}  // namespace

std::vector<bool> written_values(const Graph& graph) {
  AliasSets sets(graph.values.size());
  std::map<const Buffer*, ValueId> buffers;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const std::optional<Value>& constant = graph.values[id].constant;
    if (!constant || !constant->is<Tensor>() || !constant->as<Tensor>().defined()) continue;
    const auto [known, fresh] = buffers.emplace(constant->as<Tensor>().buffer().get(), id);
    if (!fresh) sets.join(id, known->second);
  }
  for (const Node& node : graph.nodes) join_results(node, sets);
  std::vector<bool> written_sets(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    if (!writes(node)) continue;
    for (std::size_t a = 0; a < node.inputs.size(); ++a) {
      if (node.op->schema.arguments[a].alias.write) written_sets[sets.find(node.inputs[a])] = true;
    }
  }
  std::vector<bool> written(graph.values.size());
  for (ValueId id = 0; id < written.size(); ++id) written[id] = written_sets[sets.find(id)];
  return written;
}

}  // namespace henson::runtime
