#include "runtime/analysis/proven_shapes.h"

#include <algorithm>
#include <string>

#include "runtime/graph/aliases.h"
#include "runtime/graph/static_types.h"
#include "runtime/operators/fact_items.h"

namespace henson::runtime {

namespace {

/// Gives its argument other sizes.
bool reshapes_in_place(const Node& node) { return has_any(node, Trait::kReshapes); }

/// The values that share memory with one whose sizes change in place, or any that is written.
std::vector<bool> reshaped_values(const Graph& graph) {
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), reshapes_in_place)) {
    return written_values(graph);
  }
  return std::vector<bool>(graph.values.size(), false);
}

}  // namespace

ProvenShapes::ProvenShapes(const Graph& graph)
    : graph_(graph),
      values_(graph.values.size()),
      written_(written_values(graph)),
      reshaped_(reshaped_values(graph)) {
  for (ValueId id = 0; id < graph.values.size(); ++id) describe(id);
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphInput& input = graph.inputs[i];
    if (reshaped_[input.value] || !input.rank ||
        graph.values[input.value].type.kind != TypeKind::kTensor)
      continue;
    Dimensions dims;
    for (std::size_t d = 0; d < *input.rank; ++d) {
      dims.push_back(domain_.input({i, d}));
    }
    values_[input.value].dims = std::move(dims);
  }
  for (const Node& node : graph.nodes) visit(node);
}

/// Constants.
void ProvenShapes::describe(ValueId id) {
  const std::optional<Value>& constant = graph_.values[id].constant;
  if (!constant || reshaped_[id]) return;
  values_[id] = fact_of(*constant);
  if (!written_[id]) return;
  values_[id].number.reset();
  values_[id].items.reset();
  values_[id].constant = nullptr;
}

/// What is known of an argument.
Fact ProvenShapes::fact(ValueId id) const { return with_types(values_[id], graph_, id); }

void ProvenShapes::visit(const Node& node) {
  if (node.kind == NodeKind::kList || node.kind == NodeKind::kTuple) {
    ItemCollector items;
    for (const ValueId id : node.inputs) items.add(fact(id));
    values_[node.outputs[0]].items = items.take();
    return;
  }
  if (node.kind == NodeKind::kUnpack) {
    const std::optional<std::vector<Fact>>& items = values_[node.inputs[0]].items;
    const bool known = items && items->size() == node.outputs.size();
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (known) values_[node.outputs[i]] = (*items)[i];
      if (!known) values_[node.outputs[i]].dtype = fact(node.inputs[0]).dtype;
    }
    return;
  }
  visit_operator(node);
}

void ProvenShapes::visit_operator(const Node& node) {
  std::vector<Fact> arguments;
  for (const ValueId id : node.inputs) arguments.push_back(fact(id));
  std::vector<Fact> results(node.outputs.size());
  try {
    infer(*node.op, arguments, results, &domain_);
  } catch (const Mismatch&) {  // the operator will refuse it
    results.assign(node.outputs.size(), Fact());
  }
  for (std::size_t i = 0; i < results.size(); ++i) values_[node.outputs[i]] = results[i];
  // The elements of a tensor that is written may be others when they are read.
  for (const ValueId id : node.outputs) {
    if (written_[id]) values_[id].number.reset();
    if (reshaped_[id]) values_[id].dims.reset();
  }
}

std::optional<ProvenShapes::Dimensions> ProvenShapes::dims(ValueId id) const {
  if (id >= values_.size() || !values_[id].dims) return std::nullopt;
  Dimensions resolved;
  for (const Dimension& size : *values_[id].dims) resolved.push_back(resolve(size));
  return resolved;
}

std::optional<Dimension> ProvenShapes::number(ValueId id) const {
  if (id >= values_.size() || !values_[id].number) return std::nullopt;
  return resolve(*values_[id].number);
}

}  // namespace henson::runtime
