#include "runtime/analysis/data_flow.h"

#include <algorithm>

namespace henson::runtime {
namespace {

/// Whether an argument is a tensor, a list of them, or a weight packed by another operator.
bool holds_elements(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTensor:
    case TypeKind::kPackedLinear:
      return true;
    case TypeKind::kList:
    case TypeKind::kOptional:
      return holds_elements(type.elements[0]);
    default:
      return false;
  }
}

}  // namespace

Producers::Producers(const Graph& graph) : graph_(graph), places_(graph.values.size()) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId id : graph.nodes[i].outputs) places_[id] = i;
  }
}

const Node* Producers::of(ValueId id) const {
  return places_[id] ? &graph_.nodes[*places_[id]] : nullptr;
}

std::vector<ValueId> Producers::items_of(ValueId id) const {
  const Node* const producer = of(id);
  return producer != nullptr && producer->kind == NodeKind::kList ? producer->inputs
                                                                  : std::vector{id};
}

std::optional<std::size_t> argument_of(const Node& node, std::string_view name) {
  return is_operator(node) ? node.op->schema.place_of(name) : std::nullopt;
}

bool reads_elements(const Node& node, std::size_t argument) {
  if (has_any(node, Trait::kAsks)) return false;
  if (keeps_elements(node)) return argument == 0;
  if (!has_any(node, Trait::kCreates)) return true;
  return !holds_elements(node.op->schema.arguments[argument].type);  // a number of the code
}

std::vector<Lookup> lookups_of(const Producers& producers, const Node& node) {
  if (!has_any(node, Trait::kLooksUp | Trait::kPicks)) return {};
  std::optional<std::size_t> place = argument_of(node, "indices");
  if (!place) place = argument_of(node, "index");
  const std::vector<ValueId> tables = producers.items_of(node.inputs[0]);
  const std::vector<ValueId> indices = producers.items_of(node.inputs[*place]);
  std::vector<Lookup> lookups;
  // Of one table the first of several indices picks rows.
  for (std::size_t i = 0; i < std::min(tables.size(), indices.size()); ++i) {
    lookups.push_back({tables[i], indices[i]});
  }
  return lookups;
}

std::vector<ValueId> factors_of(const Producers& producers, const Node& node) {
  if (!has_any(node, Trait::kMultiplies)) return {};
  if (const auto weight = argument_of(node, "weight")) return {node.inputs[*weight]};
  std::vector<ValueId> factors;
  const std::vector<Argument>& arguments = node.op->schema.arguments;
  const std::size_t first = argument_of(node, "beta") ? 1 : 0;  // what is added comes before
  for (std::size_t i = first; i < arguments.size(); ++i) {
    if (!holds_elements(arguments[i].type) || arguments[i].name == "bias") continue;
    const std::vector<ValueId> items = producers.items_of(node.inputs[i]);
    factors.insert(factors.end(), items.begin(), items.end());
  }
  return factors;
}

std::vector<bool> computed_from_inputs(const Graph& graph) {
  std::vector<bool> computed(graph.values.size(), false);
  for (const GraphInput& input : graph.inputs) computed[input.value] = true;
  for (const Node& node : graph.nodes) {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                 [&](ValueId id) { return computed[id]; });
    if (!any) continue;
    for (const ValueId id : node.outputs) computed[id] = true;
    for (std::size_t i = 0; writes(node) && i < node.inputs.size(); ++i) {
      if (node.op->schema.arguments[i].alias.write) computed[node.inputs[i]] = true;
    }
  }
  return computed;
}

}  // namespace henson::runtime
