#include "runtime/analysis/weight_roles.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/analysis/data_flow.h"

namespace henson::runtime {
namespace {

struct Uses {
  std::vector<bool> table;
  std::vector<bool> linear;
};

Uses uses_of(const Graph& graph) {
  const Producers producers(graph);
  Uses uses{std::vector<bool>(graph.values.size()), std::vector<bool>(graph.values.size())};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    for (const Lookup& lookup : lookups_of(producers, *node)) uses.table[lookup.table] = true;
    for (const ValueId factor : factors_of(producers, *node)) uses.linear[factor] = true;
    if (!keeps_elements(*node) || node->outputs.empty()) continue;
    if (uses.table[node->outputs[0]]) uses.table[node->inputs[0]] = true;
    if (uses.linear[node->outputs[0]]) uses.linear[node->inputs[0]] = true;
  }
  return uses;
}

/// Weights of one role, by name and by where their elements lie: the code may know a weight by
/// another name than the first that leads to it.
struct Members {
  std::unordered_set<std::string> names;
  /// Where the first elements lie: the storage and the byte.
  std::set<std::pair<std::string_view, std::uint64_t>> elements;

  bool has(const WeightInfo& weight) const {
    if (names.contains(weight.name)) return true;
    for (const std::string& other : weight.same_as) {
      if (names.contains(other)) return true;
    }
    return weight.read && weight.bytes > 0 &&
           elements.contains(
               {weight.storage, static_cast<std::uint64_t>(weight.offset) * size_of(weight.dtype)});
  }
};

Members members(const Graph& graph, const std::vector<bool>& used) {
  Members result;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const GraphValue& value = graph.values[id];
    if (!used[id] || !value.constant) continue;
    if (!value.name.empty()) result.names.insert(value.name);
    const auto* tensor = std::get_if<Tensor>(&*value.constant);
    if (tensor == nullptr || tensor->numel() == 0) continue;
    if (const loader::Storage* const storage = tensor->buffer()->storage()) {
      result.elements.emplace(storage->entry(), static_cast<std::uint64_t>(tensor->offset()) *
                                                    size_of(tensor->dtype()));
    }
  }
  return result;
}

}  // namespace

void find_roles(const Graph& graph, std::span<WeightInfo> weights) {
  const Uses uses = uses_of(graph);
  const Members tables = members(graph, uses.table);
  const Members linear = members(graph, uses.linear);
  for (WeightInfo& weight : weights) {
    weight.is_embedding_table = tables.has(weight);
    weight.is_linear_weight = linear.has(weight);
  }
}

}  // namespace henson::runtime
