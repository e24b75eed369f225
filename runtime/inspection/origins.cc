#include "runtime/inspection/origins.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace henson::runtime {
namespace {

std::uint64_t first_byte(std::int64_t offset, DType dtype) {
  return static_cast<std::uint64_t>(offset) * size_of(dtype);
}

/// The bytes from a weight's first element to its last.
std::uint64_t reach_of(const WeightInfo& weight) {
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < weight.shape.size(); ++i) {
    if (weight.shape[i] == 0) return 0;
    last += static_cast<std::uint64_t>(weight.shape[i] - 1) *
            static_cast<std::uint64_t>(weight.strides[i]);
  }
  return (last + 1) * size_of(weight.dtype);
}

}  // namespace

Origins::Origins(const Graph& graph, std::span<const WeightInfo> weights)
    : graph_(graph), producers_(graph), weights_(weights) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    by_name_.emplace(weights[i].name, i);
    if (weights[i].storage.empty() || weights[i].bytes == 0) continue;
    by_elements_[{weights[i].storage, first_byte(weights[i].offset, weights[i].dtype)}].push_back(
        i);
  }
}

std::vector<std::size_t> Origins::of(const Graph& passed, ValueId id) const {
  std::set<std::size_t> found;
  if (id < passed.values.size()) {
    const GraphValue& value = passed.values[id];
    if (value.constant) add(*value.constant, value.name, found);
  }
  if (found.empty() && id < graph_.values.size()) add_made_of(id, found);
  return {found.begin(), found.end()};
}

std::vector<bool> Origins::read_weights() const {
  std::set<std::size_t> found;
  const auto read = [&](ValueId id) {
    const GraphValue& value = graph_.values[id];
    if (value.constant) add(*value.constant, value.name, found);
  };
  for (const Node& node : graph_.nodes) {
    for (const ValueId input : node.inputs) read(input);
  }
  for (const ValueId leaf : leaves_of(graph_.output)) read(leaf);
  std::vector<bool> weights(weights_.size());
  for (const std::size_t place : found) weights[place] = true;
  return weights;
}

void Origins::add(const Value& value, const std::string& name, std::set<std::size_t>& found) const {
  const std::size_t before = found.size();
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    if (tensor->defined()) add_tensor(*tensor, found);
  } else if (const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&value)) {
    add_tensor((*packed)->weight, found);
    if ((*packed)->bias.defined()) add_tensor((*packed)->bias, found);
  }
  if (found.size() == before && !name.empty()) add_named(name, found);
}

/// The weight of that name, or the parts of what was packed under it.
void Origins::add_named(const std::string& name, std::set<std::size_t>& found) const {
  const std::string parts = name + '.';
  for (auto at = by_name_.lower_bound(name); at != by_name_.end(); ++at) {
    if (at->first != name && !at->first.starts_with(parts)) {
      if (at->first > parts) return;
      continue;
    }
    found.insert(at->second);
  }
}

/// Those whose first element is the tensor's; else those that its first element lies in.
void Origins::add_tensor(const Tensor& tensor, std::set<std::size_t>& found) const {
  const loader::Storage* const storage = tensor.buffer()->storage();
  if (storage == nullptr || tensor.numel() == 0) return;
  const std::uint64_t first = first_byte(tensor.offset(), tensor.dtype());
  auto at = by_elements_.upper_bound({storage->entry(), first});
  while (at != by_elements_.begin()) {
    --at;
    if (at->first.first != storage->entry()) return;
    const bool exact = at->first.second == first;
    for (const std::size_t place : at->second) {
      if (exact || first < at->first.second + reach_of(weights_[place])) found.insert(place);
    }
    if (!found.empty()) return;
  }
}

void Origins::add_made_of(ValueId id, std::set<std::size_t>& found) const {
  std::vector<ValueId> open{id};
  std::set<ValueId> seen;
  while (!open.empty()) {
    const ValueId next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    const GraphValue& value = graph_.values[next];
    if (value.constant) add(*value.constant, value.name, found);
    const Node* const maker = producers_.of(next);
    if (maker == nullptr) continue;
    for (std::size_t i = 0; i < maker->inputs.size(); ++i) {
      if (reads_elements(*maker, i)) open.push_back(maker->inputs[i]);
    }
  }
}

}  // namespace henson::runtime
