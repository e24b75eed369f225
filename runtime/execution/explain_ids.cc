#include "runtime/execution/explain_ids.h"

#include <algorithm>
#include <vector>

#include "runtime/analysis/data_flow.h"
#include "runtime/analysis/input_roles.h"
#include "runtime/graph/node_traits.h"

namespace henson::runtime {
namespace {

/// The input that a value is, but for its dtype and memory.
const GraphInput* input_behind(const Producers& producers, ValueId id) {
  for (;;) {
    for (const GraphInput& input : producers.graph().inputs) {
      if (input.value == id) return &input;
    }
    const Node* const producer = producers.of(id);
    if (producer == nullptr || !keeps_places(*producer)) return nullptr;
    id = producer->inputs[0];
  }
}

/// A value of a run and its place in the graph.
struct Held {
  ValueId id = 0;
  Tensor tensor;
};

/// The tensors of a list argument, or the one that it is. The frame holds the list alone.
std::vector<Held> tensors_of(const Producers& producers, ValueId id, const Frame& frame) {
  if (const auto* tensor = std::get_if<Tensor>(&frame[id])) return {{id, *tensor}};
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&frame[id]);
  const std::vector<ValueId> items = producers.items_of(id);
  if (list == nullptr || items.size() != (*list)->items.size()) return {};
  std::vector<Held> held;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(&(*list)->items[i]);
    if (tensor == nullptr) return {};
    held.push_back({items[i], *tensor});
  }
  return held;
}

std::string place_of(std::int64_t flat, const Dims& sizes) {
  Dims place(sizes.size());
  for (std::size_t d = sizes.size(); d-- > 0; flat /= sizes[d]) place[d] = flat % sizes[d];
  std::string text;
  for (const std::int64_t at : place) text += (text.empty() ? "" : ", ") + std::to_string(at);
  return "[" + text + "]";
}

std::optional<std::string> explain(const Producers& producers, const Held& table,
                                   const Held& given) {
  if (table.tensor.dim() != 2 || !is_integral(given.tensor.dtype())) return std::nullopt;
  const Tensor ids = given.tensor.to(system_memory(), DType::kInt64).contiguous(system_memory());
  const std::int64_t* const first = ids.data<std::int64_t>();
  const std::int64_t rows = table.tensor.size(0);
  const auto outside = [&](std::int64_t id) { return id < 0 || id >= rows; };
  const std::int64_t* const found = std::find_if(first, first + ids.numel(), outside);
  if (found == first + ids.numel()) return std::nullopt;
  const std::string& name = producers.graph().values[table.id].name;
  const std::string which = "table" + (name.empty() ? std::string() : " " + name) + " has " +
                            std::to_string(rows) + " rows";
  if (const GraphInput* const input = input_behind(producers, given.id)) {
    return describe(*input) + " has the id " + std::to_string(*found) + " at " +
           place_of(found - first, ids.sizes()) + "; the " + which;
  }
  const std::int64_t length = ids.dim() > 0 ? ids.size(-1) : 1;
  return "the input has " + std::to_string(length) + " tokens, and row " + std::to_string(*found) +
         " is asked for; the " + which;
}

}  // namespace

std::optional<std::string> explain_ids(const Graph& graph, const Node& node, const Frame& frame) {
  if (!has_any(node, Trait::kLooksUp)) return std::nullopt;
  const Producers producers(graph);
  const std::vector<Held> tables = tensors_of(producers, node.inputs[0], frame);
  const std::vector<Held> ids = tensors_of(producers, node.inputs[1], frame);
  for (std::size_t i = 0; i < std::min(tables.size(), ids.size()); ++i) {
    if (const auto text = explain(producers, tables[i], ids[i])) return text;
  }
  return std::nullopt;
}

std::optional<std::string> explain_length(const Graph& graph, std::span<const Value> inputs) {
  const std::optional<PositionTable> table = find_position_table(graph);
  if (!table) return std::nullopt;
  const std::vector<InputRole> roles = input_roles(graph);
  const std::int64_t most = table->rows - table->first;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto* const ids = std::get_if<Tensor>(&inputs[i]);
    if (roles[i] != InputRole::kIds || ids == nullptr || ids->dim() == 0) continue;
    if (ids->size(-1) <= most) continue;
    return describe(graph.inputs[i]) + " has " + std::to_string(ids->size(-1)) +
           " tokens; this model takes at most " + std::to_string(most);
  }
  return std::nullopt;
}

}  // namespace henson::runtime
