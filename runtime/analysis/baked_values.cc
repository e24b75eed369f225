#include "runtime/analysis/baked_values.h"

#include <algorithm>
#include <cmath>

#include "runtime/analysis/compute_node.h"
#include "runtime/graph/aliases.h"

namespace henson::runtime {
namespace {

constexpr double kMostElements = 1 << 16;
constexpr double kMostInAll = 1 << 24;  // beyond it, nothing more is computed

/// How many elements an argument may lead to, as a factor.
double growth(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return std::max(1.0, std::abs(static_cast<double>(*integer)));
  }
  if (const auto* real = std::get_if<double>(&value)) return std::max(1.0, std::abs(*real));
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    return tensor->defined() ? static_cast<double>(std::max<std::int64_t>(tensor->numel(), 1)) : 1;
  }
  double product = 1;
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) {
    for (const Value& item : (*list)->items) product *= growth(item);
  }
  return product;
}

/// How many elements a call may make or look at. Single numbers say how many where no tensor does.
double growth(const std::vector<Value>& inputs) {
  const bool of_tensor = std::any_of(inputs.begin(), inputs.end(),
                                     [](const Value& input) { return input.is<Tensor>(); });
  double product = 1;
  for (const Value& input : inputs) {
    const bool number =
        std::holds_alternative<std::int64_t>(input) || std::holds_alternative<double>(input);
    if (!number || !of_tensor) product *= growth(input);
  }
  return product;
}

class Baker {
 public:
  explicit Baker(const Graph& graph)
      : graph_(graph), written_(written_values(graph)), baked_(graph.values.size()) {}

  std::vector<std::optional<Value>> run() {
    for (const Node& node : graph_.nodes) {
      const auto stays = [&](ValueId id) { return !written_[id]; };
      if (std::all_of(node.inputs.begin(), node.inputs.end(), stays) &&
          std::all_of(node.outputs.begin(), node.outputs.end(), stays)) {
        compute(node);
      }
    }
    return std::move(baked_);
  }

 private:
  std::optional<Value> known(ValueId id) const {
    if (baked_[id]) return baked_[id];
    const GraphValue& value = graph_.values[id];
    return value.constant && !is_weight(value) ? value.constant : std::nullopt;
  }

  void compute(const Node& node) {
    std::vector<Value> inputs;
    for (const ValueId id : node.inputs) {
      std::optional<Value> input = known(id);
      if (!input) return;
      inputs.push_back(std::move(*input));
    }
    if (node.kind == NodeKind::kList) {
      baked_[node.outputs[0]] = Value::list(std::move(inputs));
      return;
    }
    if (node.kind != NodeKind::kOperator || growth(inputs) > kMostElements) return;
    if ((total_ += growth(inputs)) > kMostInAll) return;
    const std::optional<std::vector<Value>> results = compute_node(node, inputs);
    if (!results) return;
    for (std::size_t i = 0; i < results->size(); ++i) baked_[node.outputs[i]] = (*results)[i];
  }

  const Graph& graph_;
  std::vector<bool> written_;
  std::vector<std::optional<Value>> baked_;
  double total_ = 0;  // of what the calls so far may have made
};

}  // namespace

bool is_weight(const GraphValue& value) {
  return value.constant && !value.name.empty() && !value.name.starts_with("CONSTANTS.");
}

bool is_real_weight(const GraphValue& value) {
  if (!is_weight(value)) return false;
  const auto* tensor = std::get_if<Tensor>(&*value.constant);
  return tensor == nullptr || !is_integral(tensor->dtype());
}

std::vector<std::optional<Value>> baked_values(const Graph& graph) { return Baker(graph).run(); }

}  // namespace henson::runtime
