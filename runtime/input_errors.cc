#include "runtime/input_errors.h"

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "runtime/graph/uses.h"
#include "runtime/input_roles.h"

namespace henson::runtime {
namespace {

std::optional<std::string> too_long(const Graph& graph, std::span<const Value> inputs) {
  const std::optional<PositionTable> table = find_position_table(graph);
  if (!table) return std::nullopt;
  const std::vector<InputRole> roles = input_roles(graph);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto* const tensor = std::get_if<Tensor>(&inputs[i]);
    if (roles[i] != InputRole::kIds || tensor == nullptr || tensor->sizes().empty()) continue;
    const std::int64_t tokens = tensor->sizes().back();
    const std::int64_t most = table->rows - table->first;
    if (tokens <= most) continue;
    return describe(graph.inputs[i]) + " has " + std::to_string(tokens) +
           " tokens a sequence; the model has positions for " + std::to_string(most);
  }
  return std::nullopt;
}

/// "[0, 2]" of the element `flat`.
std::string place_of(std::size_t flat, const Dims& sizes) {
  std::string text;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    const auto size = static_cast<std::size_t>(sizes[d]);
    text = std::to_string(flat % size) + (text.empty() ? "" : ", ") + text;
    flat /= size;
  }
  return '[' + text + ']';
}

std::optional<std::string> outside_of_table(const Graph& graph, std::span<const Value> inputs) {
  const std::vector<std::optional<std::int64_t>> rows = table_rows(graph);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::optional<std::int64_t> most = rows[graph.inputs[i].value];
    const auto* const tensor = std::get_if<Tensor>(&inputs[i]);
    if (!most || tensor == nullptr || is_floating(tensor->dtype())) continue;
    const Tensor ids = tensor->to(DType::kInt64).contiguous();
    for (std::size_t at = 0; at < static_cast<std::size_t>(ids.numel()); ++at) {
      const std::int64_t id = ids.data<std::int64_t>()[at];
      if (id >= 0 && id < *most) continue;
      return describe(graph.inputs[i]) + " holds " + std::to_string(id) + " at " +
             place_of(at, ids.sizes()) + "; the model's table for it has " + std::to_string(*most) +
             " rows, from 0";
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> explain_refusal(const Graph& graph, std::span<const Value> inputs) {
  std::optional<std::string> reason = outside_of_table(graph, inputs);
  return reason ? reason : too_long(graph, inputs);
}

}  // namespace henson::runtime
