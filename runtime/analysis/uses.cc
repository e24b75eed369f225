#include "runtime/analysis/uses.h"

#include "runtime/analysis/data_flow.h"

namespace henson::runtime {
namespace {

std::optional<std::int64_t> rows_of_constant(const GraphValue& table) {
  const auto* const tensor = table.constant ? std::get_if<Tensor>(&*table.constant) : nullptr;
  if (tensor == nullptr || !tensor->defined() || tensor->sizes().empty()) return std::nullopt;
  return tensor->sizes().front();
}

void take_fewer(std::optional<std::int64_t>& rows, std::optional<std::int64_t> others) {
  if (others && (!rows || *others < *rows)) rows = others;
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
  const Producers producers(graph);
  std::vector<bool> indices(graph.values.size(), false);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (has_any(*node, Trait::kLooksUp)) {
      for (const Lookup& lookup : lookups_of(producers, *node)) indices[lookup.indices] = true;
    } else if (has_any(*node, Trait::kMoves) && indices[node->outputs[0]]) {
      indices[node->inputs[0]] = true;
    }
  }
  return indices;
}

std::vector<std::optional<std::int64_t>> table_rows(const Graph& graph) {
  const Producers producers(graph);
  std::vector<std::optional<std::int64_t>> rows(graph.values.size());
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (has_any(*node, Trait::kLooksUp)) {
      for (const Lookup& lookup : lookups_of(producers, *node)) {
        take_fewer(rows[lookup.indices], rows_of_constant(graph.values[lookup.table]));
      }
    } else if (keeps_elements(*node)) {
      take_fewer(rows[node->inputs[0]], rows[node->outputs[0]]);
    }
  }
  return rows;
}

}  // namespace henson::runtime
