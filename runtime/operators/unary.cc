#include "runtime/operators/unary.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace henson::runtime {
namespace {

/// The inverse of erf by Halley's steps on erfc, which keeps its digits near ±1.
double inverse_erf(double x) {
  if (std::isnan(x) || std::abs(x) > 1) return std::numeric_limits<double>::quiet_NaN();
  if (std::abs(x) == 1) return std::copysign(std::numeric_limits<double>::infinity(), x);
  constexpr double kSlope = 2 * std::numbers::inv_sqrtpi;  // of erf at 0
  const double left = 1 - std::abs(x);
  // Winitzki's approximation starts within 2e-3.
  constexpr double kFit = 0.147;
  const double logarithm = std::log(left * (1 + std::abs(x)));
  const double half = 2 / (std::numbers::pi * kFit) + logarithm / 2;
  double y = std::sqrt(std::sqrt(half * half - logarithm / kFit) - half);
  for (int step = 0; step < 3; ++step) {
    const double error = std::erfc(y) - left;
    y += error / (kSlope * std::exp(-y * y) - y * error);
  }
  return std::copysign(y, x);
}

void register_exponentials(OperatorTable& table) {
  add_function(table, {"exp"}, [](auto x) { return std::exp(x); });
  add_function(table, {"exp2", "special_exp2"}, [](auto x) { return std::exp2(x); });
  add_function(table, {"expm1", "special_expm1"}, [](auto x) { return std::expm1(x); });
  add_function(table, {"log"}, [](auto x) { return std::log(x); });
  add_function(table, {"log2"}, [](auto x) { return std::log2(x); });
  add_function(table, {"log10"}, [](auto x) { return std::log10(x); });
  add_function(table, {"log1p"}, [](auto x) { return std::log1p(x); });
  add_function(table, {"sqrt"}, [](auto x) { return std::sqrt(x); });
  add_function(table, {"rsqrt"}, [](auto x) { return decltype(x)(1) / std::sqrt(x); });
  add_function(table, {"reciprocal"}, [](auto x) { return decltype(x)(1) / x; });
}

void register_trigonometric(OperatorTable& table) {
  add_function(table, {"sin"}, [](auto x) { return std::sin(x); });
  add_function(table, {"cos"}, [](auto x) { return std::cos(x); });
  add_function(table, {"tan"}, [](auto x) { return std::tan(x); });
  add_function(table, {"sinh"}, [](auto x) { return std::sinh(x); });
  add_function(table, {"cosh"}, [](auto x) { return std::cosh(x); });
  add_function(
      table, {"tanh"}, [](auto x) { return std::tanh(x); }, Trait::kTanh);
  add_function(table, {"asin", "arcsin"}, [](auto x) { return std::asin(x); });
  add_function(table, {"acos", "arccos"}, [](auto x) { return std::acos(x); });
  add_function(table, {"atan", "arctan"}, [](auto x) { return std::atan(x); });
  add_function(table, {"asinh", "arcsinh"}, [](auto x) { return std::asinh(x); });
  add_function(table, {"acosh", "arccosh"}, [](auto x) { return std::acosh(x); });
  add_function(table, {"atanh", "arctanh"}, [](auto x) { return std::atanh(x); });
}

void register_special(OperatorTable& table) {
  add_function(table, {"erf", "special_erf"}, [](auto x) { return std::erf(x); });
  add_function(table, {"erfc", "special_erfc"}, [](auto x) { return std::erfc(x); });
  add_function(table, {"erfinv", "special_erfinv"}, [](auto x) {
    return static_cast<decltype(x)>(inverse_erf(static_cast<double>(x)));
  });
  add_function(table, {"lgamma"}, [](auto x) { return std::lgamma(x); });
  add_function(
      table, {"sigmoid", "special_expit"},
      [](auto x) {
        using T = decltype(x);
        return T(1) / (T(1) + std::exp(-x));
      },
      Trait::kSigmoid);
}

}  // namespace

void register_unary(OperatorTable& table) {
  register_exponentials(table);
  register_trigonometric(table);
  register_special(table);
  register_rounding(table);
  register_bounds(table);
  register_activation(table);
  register_parametric_activation(table);
}

}  // namespace henson::runtime
