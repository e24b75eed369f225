#include "tests/runtime/differences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "henson/error.h"
#include "runtime/execution/interpreter.h"

namespace henson::runtime::test {
namespace {

/// What sums in another order, or rounds once instead of twice, may differ by.
double tolerance_of(DType dtype) {
  if (dtype == DType::kBFloat16) return 3e-2;
  if (dtype == DType::kFloat16) return 4e-3;
  return is_floating(dtype) ? 1e-4 : 0;
}

std::string difference(const Value& got, const Value& wanted) {
  if (got.index() != wanted.index()) return kind_of(got) + " instead of " + kind_of(wanted);
  if (!wanted.is<Tensor>()) return "";
  const Tensor& a = got.as<Tensor>();
  const Tensor& b = wanted.as<Tensor>();
  const auto describe = [](const Tensor& t) {
    return std::string(name_of(t.dtype())) + " " + to_string(t.sizes());
  };
  if (a.dtype() != b.dtype() || a.sizes() != b.sizes()) {
    return describe(a) + " instead of " + describe(b);
  }
  const double apart = largest_difference(a, b);
  return apart <= tolerance_of(b.dtype()) ? "" : "values differ by " + std::to_string(apart);
}

/// The tensor with other last digits, in each element by itself.
Tensor nudged(const Tensor& tensor, std::mt19937_64& digits) {
  if (tensor.dtype() != DType::kFloat32) return tensor;
  Tensor other = tensor.clone(system_memory());
  for (std::int64_t i = 0; i < other.numel(); ++i) {
    other.mutable_data<float>()[i] *= digits() % 2 == 0 ? 1.000001F : 0.999999F;
  }
  return other;
}

/// What another order of sums may make of a result: other last digits, zeros of the other sign.
void disturb(const Value& value, std::mt19937_64& coins) {
  const auto* const held = std::get_if<Tensor>(&value);
  if (held == nullptr || held->dtype() != DType::kFloat32 || !held->is_contiguous()) return;
  if (held->buffer()->read_only()) return;
  Tensor tensor = *held;
  float* const elements = tensor.mutable_data<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const bool up = coins() % 2 == 0;
    if (elements[i] == 0) {
      elements[i] = up ? 0.0F : -0.0F;
    } else {
      elements[i] *= up ? 1.0000003F : 0.9999997F;
    }
  }
}

Answer interpret_disturbed(const Graph& graph, const std::vector<Value>& inputs,
                           std::mt19937_64& coins) {
  const FramePlan plan(graph);
  Frame frame = plan.new_frame();
  plan.start(system_memory(), frame, inputs);
  try {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      plan.run_node(system_memory(), n, frame);
      for (const ValueId id : graph.nodes[n].outputs) disturb(frame[id], coins);
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  return plan.outputs(frame);
}

}  // namespace

double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype())
    return std::numeric_limits<double>::infinity();
  const Tensor left = a.to(system_memory(), DType::kFloat64).contiguous(system_memory());
  const Tensor right = b.to(system_memory(), DType::kFloat64).contiguous(system_memory());
  double apart = 0;
  double largest = 1;
  for (std::int64_t i = 0; i < left.numel(); ++i) {
    const double x = left.data<double>()[i];
    const double y = right.data<double>()[i];
    if (std::isnan(x) != std::isnan(y)) return std::numeric_limits<double>::infinity();
    if (std::isnan(x) || x == y) continue;
    apart = std::max(apart, std::abs(x - y));
    largest = std::max(largest, std::abs(y));
  }
  return apart / largest;
}

Answer interpret(const Graph& graph, const std::vector<Value>& inputs) {
  try {
    return Interpreter(graph).run(inputs);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string difference(const Answer& got, const Answer& wanted) {
  if (!wanted) return "";
  if (!got) return "refused";
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    const std::string found = difference((*got)[i], (*wanted)[i]);
    if (!found.empty()) return "output " + std::to_string(i) + ": " + found;
  }
  return "";
}

bool is_ill_conditioned(Graph graph, std::vector<Value> inputs, const Answer& wanted) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    std::mt19937_64 digits(seed);
    if (!difference(interpret_disturbed(graph, inputs, digits), wanted).empty()) return true;
    for (Value& input : inputs) input = nudged(input.as<Tensor>(), digits);
    for (GraphValue& value : graph.values) {
      if (value.constant && value.constant->is<Tensor>()) {
        value.constant = nudged(value.constant->as<Tensor>(), digits);
      }
    }
    if (!difference(interpret(graph, inputs), wanted).empty()) return true;
  }
  return false;
}

}  // namespace henson::runtime::test
