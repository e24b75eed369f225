#include "runtime/fusion/activation_forms.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace henson::runtime {
namespace {

constexpr std::size_t kDegree = 3;
constexpr int kDepth = 12;  // of formulas that are looked into

/// c[0] + c[1] x + c[2] x² + c[3] x³.
struct Polynomial {
  std::array<double, kDegree + 1> coefficients{};

  static Polynomial of(double number) { return {{number, 0, 0, 0}}; }

  bool close_to(const Polynomial& other) const {
    for (std::size_t i = 0; i <= kDegree; ++i) {
      const double expected = other.coefficients[i];
      if (std::abs(coefficients[i] - expected) > 1e-6 * std::abs(expected)) return false;
    }
    return true;
  }
};

Polynomial plus(const Polynomial& a, const Polynomial& b, double factor = 1) {
  Polynomial sum;
  for (std::size_t i = 0; i <= kDegree; ++i) {
    sum.coefficients[i] = a.coefficients[i] + factor * b.coefficients[i];
  }
  return sum;
}

std::optional<Polynomial> times(const Polynomial& a, const Polynomial& b) {
  Polynomial product;
  for (std::size_t i = 0; i <= kDegree; ++i) {
    for (std::size_t j = 0; j <= kDegree; ++j) {
      const double term = a.coefficients[i] * b.coefficients[j];
      if (term == 0) continue;
      if (i + j > kDegree) return std::nullopt;
      product.coefficients[i + j] += term;
    }
  }
  return product;
}

bool is_arithmetic(const Node& node) {
  const std::string& name = node.op->schema.name;
  return name == "aten::add" || name == "aten::sub" || name == "aten::mul" || name == "aten::div" ||
         name == "aten::true_divide" || name == "aten::pow" || name == "aten::rsub";
}

/// The value as a polynomial of `x`.
std::optional<Polynomial> polynomial(const GraphEditor& edit, ValueId id, ValueId x,
                                     int depth = kDepth) {
  if (id == x) return Polynomial{{0, 1, 0, 0}};
  if (const std::optional<double> number = edit.number(id)) return Polynomial::of(*number);
  const Node* node = edit.call_of(
      id, {"aten::add", "aten::sub", "aten::mul", "aten::div", "aten::true_divide", "aten::pow"});
  if (node == nullptr || depth == 0) return std::nullopt;
  const std::string& name = node->op->schema.name;
  const auto a = polynomial(edit, node->inputs[0], x, depth - 1);
  if (!a) return std::nullopt;
  const std::optional<double> number = edit.number(node->inputs[1]);
  if (name == "aten::pow") {
    if (number != 2 && number != 3) return std::nullopt;
    const auto square = times(*a, *a);
    return number == 3 && square ? times(*square, *a) : square;
  }
  if (name == "aten::div" || name == "aten::true_divide") {
    const bool rounded = node->inputs.size() > 2 && !edit.is_none(node->inputs[2]);
    if (!number || *number == 0 || rounded) return std::nullopt;
    return times(*a, Polynomial::of(1 / *number));
  }
  const auto b = polynomial(edit, node->inputs[1], x, depth - 1);
  if (!b) return std::nullopt;
  if (name == "aten::mul") return times(*a, *b);
  const double alpha = edit.argument_number(*node, "alpha").value_or(1);
  return plus(*a, *b, name == "aten::sub" ? -alpha : alpha);
}

/// The one erf, tanh or sigmoid that a sum or a product is made of.
const Node* find_curve(const GraphEditor& edit, ValueId id, int depth = kDepth) {
  if (const Node* curve = edit.call_of(id, {"aten::erf", "aten::tanh", "aten::sigmoid"})) {
    return curve;
  }
  const Node* node = edit.call_of(id, {"aten::add", "aten::mul", "aten::div", "aten::true_divide"});
  if (node == nullptr || !is_arithmetic(*node) || depth == 0) return nullptr;
  const Node* found = nullptr;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (const Node* curve = find_curve(edit, node->inputs[i], depth - 1)) found = curve;
  }
  return found;
}

/// A product taken apart: its factors, with numbers gathered.
struct Factors {
  double number = 1;
  std::vector<ValueId> values;
};

bool collect_factors(const GraphEditor& edit, ValueId id, Factors& factors, int depth = kDepth) {
  if (const std::optional<double> number = edit.number(id)) {
    factors.number *= *number;
    return true;
  }
  const Node* mul = depth > 0 ? edit.call_of(id, "aten::mul") : nullptr;
  if (mul != nullptr) {
    return collect_factors(edit, mul->inputs[0], factors, depth - 1) &&
           collect_factors(edit, mul->inputs[1], factors, depth - 1);
  }
  const Node* div = edit.call_of(id, {"aten::div", "aten::true_divide"});
  const std::optional<double> by = div != nullptr ? edit.number(div->inputs[1]) : std::nullopt;
  if (by && *by != 0 && div->inputs.size() == 2) {
    factors.number /= *by;
    return collect_factors(edit, div->inputs[0], factors, depth - 1);
  }
  factors.values.push_back(id);
  return factors.values.size() <= 2;
}

/// The activation of x · (c0 + c1 · curve(inner)).
std::string name_of_form(const std::string& curve, const Polynomial& inner,
                         const Polynomial& outer) {
  constexpr double kRoot = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
  const bool half = outer.close_to({{0.5, 0.5, 0, 0}});
  if (curve == "aten::erf" && half && inner.close_to({{0, 1 / std::numbers::sqrt2, 0, 0}})) {
    return "gelu";
  }
  if (curve == "aten::tanh" && half && inner.close_to({{0, kRoot, 0, kRoot * 0.044715}})) {
    return "gelu_tanh";
  }
  if (curve != "aten::sigmoid" || !outer.close_to({{0, 1, 0, 0}})) return {};
  if (inner.close_to({{0, 1, 0, 0}})) return "silu";
  return inner.close_to({{0, 1.702, 0, 0}}) ? "gelu_quick" : "";
}

bool is_floating_tensor(const GraphEditor& edit, ValueId id) {
  const GraphValue& value = edit.value(id);
  return value.dtype ? is_floating(*value.dtype) : value.floating.value_or(false);
}

std::optional<ActivationForm> match_written_out(const GraphEditor& edit, ValueId result) {
  Factors factors;
  if (edit.call_of(result, {"aten::mul", "aten::div", "aten::true_divide"}) == nullptr ||
      !collect_factors(edit, result, factors) || factors.values.size() != 2) {
    return std::nullopt;
  }
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const ValueId x = factors.values[i];
    const ValueId gate = factors.values[1 - i];
    const Node* curve = find_curve(edit, gate);
    if (curve == nullptr || !is_floating_tensor(edit, x)) continue;
    const auto inner = polynomial(edit, curve->inputs[0], x);
    auto outer = polynomial(edit, gate, curve->outputs[0]);
    if (!inner || !outer) continue;
    outer = times(*outer, Polynomial::of(factors.number));
    std::string name = name_of_form(curve->op->schema.name, *inner, *outer);
    if (!name.empty()) return ActivationForm{std::move(name), x};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ActivationForm> match_activation(const GraphEditor& edit, ValueId result) {
  for (const char* name : {"relu", "tanh", "sigmoid", "silu"}) {
    if (const Node* node = edit.call_of(result, std::string("aten::") + name)) {
      if (!is_floating_tensor(edit, node->inputs[0])) return std::nullopt;
      return ActivationForm{name, node->inputs[0]};
    }
  }
  if (const Node* gelu = edit.call_of(result, "aten::gelu")) {
    const auto kind = gelu->inputs.size() > 1 ? edit.text(gelu->inputs[1]) : "none";
    if (kind == "none") return ActivationForm{"gelu", gelu->inputs[0]};
    if (kind == "tanh") return ActivationForm{"gelu_tanh", gelu->inputs[0]};
    return std::nullopt;
  }
  return match_written_out(edit, result);
}

}  // namespace henson::runtime
