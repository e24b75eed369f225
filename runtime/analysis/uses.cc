#include "runtime/analysis/uses.h"

#include <string>
#include <unordered_set>

namespace henson::runtime {
namespace {

bool moves(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {
      "aten::view",      "aten::reshape", "aten::slice",   "aten::select",    "aten::expand",
      "aten::detach",    "aten::squeeze", "aten::flatten", "aten::unsqueeze", "aten::contiguous",
      "aten::clone",     "aten::t",       "aten::mT",      "aten::transpose", "aten::permute",
      "aten::alias",     "aten::narrow",  "aten::chunk",   "aten::split",     "aten::unbind",
      "aten::view_as",   "aten::repeat",  "aten::dropout", "aten::dropout_",  "aten::expand_as",
      "aten::unflatten", "aten::numpy_T"};
  return kNames.contains(name);
}

bool casts(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {
      "aten::to",       "aten::long",       "aten::int",  "aten::float",    "aten::type_as",
      "aten::_to_copy", "aten::dequantize", "aten::half", "aten::bfloat16", "aten::double"};
  return kNames.contains(name);
}

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
  std::vector<bool> indices(graph.values.size(), false);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (node->kind != NodeKind::kOperator || node->inputs.size() < 2) continue;
    const std::string& name = node->op->schema.name;
    if (name == "aten::embedding") {
      indices[node->inputs[1]] = true;
    } else if (moves(name) && indices[node->outputs[0]]) {
      indices[node->inputs[0]] = true;
    }
  }
  return indices;
}

std::vector<std::optional<std::int64_t>> table_rows(const Graph& graph) {
  std::vector<std::optional<std::int64_t>> rows(graph.values.size());
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (node->kind != NodeKind::kOperator || node->inputs.size() < 2) continue;
    const std::string& name = node->op->schema.name;
    if (name == "aten::embedding") {
      take_fewer(rows[node->inputs[1]], rows_of_constant(graph.values[node->inputs[0]]));
    } else if (keeps_elements(name)) {
      take_fewer(rows[node->inputs[0]], rows[node->outputs[0]]);
    }
  }
  return rows;
}

bool keeps_elements(const std::string& operator_name) {
  return moves(operator_name) || casts(operator_name);
}

}  // namespace henson::runtime
