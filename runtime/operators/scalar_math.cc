// Functions of one number, as Python's math has them.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "runtime/operators/numbers.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

constexpr double kDegreesOfRadian = 180.0 / std::numbers::pi;

double degrees(double radians) { return radians * kDegreesOfRadian; }
double radians(double degrees) { return degrees * (std::numbers::pi / 180.0); }
double angle(double x) { return x < 0 ? std::numbers::pi : 0.0; }

using Function = double (*)(double);

template <Function f>
void function_kernel(Call& call) {
  call.give(f(call.number(0)));
}

/// A number of unknown kind: PyTorch rounds the result to float32.
template <Function f>
void scalar_function_kernel(Call& call) {
  call.give(static_cast<double>(static_cast<float>(f(call.number(0)))));
}

template <Function f>
void add_function(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + ".int(int a) -> float", function_kernel<f>, kNoRule);
  table.add("aten::" + name + ".float(float a) -> float", function_kernel<f>, kNoRule);
  table.add("aten::" + name + ".Scalar(Scalar a) -> Scalar", scalar_function_kernel<f>, kNoRule);
}

/// An int stays, a float is rounded to one.
template <Function f>
void rounding_kernel(Call& call) {
  const Scalar a = call.scalar(0);
  call.give(to_int_checked(is_floating(a) ? Scalar(f(to_double(a))) : a));
}

/// Of an int the rule tells; of floats nothing is told.
void add_of_int(OperatorTable& table, const std::string& name, const std::string& of_float,
                Kernel kernel, ShapeRule rule) {
  table.add(name + ".int(int a) -> int", kernel, {nullptr, rule});
  table.add(name + ".float(float a) -> " + of_float, kernel, kNoRule);
  table.add(name + ".Scalar(Scalar a) -> Scalar", kernel, {nullptr, rule});
}

std::int64_t negated(std::int64_t a) {
  return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a));
}

void neg_kernel(Call& call) {
  const Scalar a = call.scalar(0);
  call.give(is_floating(a) ? Value(-to_double(a)) : Value(negated(to_int(a))));
}

void abs_kernel(Call& call) {
  const Scalar a = call.scalar(0);
  if (is_floating(a)) {
    call.give(std::abs(to_double(a)));
  } else {
    call.give(to_int(a) < 0 ? negated(to_int(a)) : to_int(a));
  }
}

void absolute_number(Inference& call) {
  const std::optional<std::int64_t> a = call.integer(0);
  if (a) call.result().number = Dimension::of(*a < 0 ? negated(*a) : *a);
}

void register_parts(OperatorTable& table) {
  table.add(
      "aten::modf(float a) -> (float, float)",
      [](Call& call) {
        double whole = 0;
        call.give(std::modf(call.number(0), &whole));
        call.give(whole);
      },
      kNoRule);
  table.add(
      "aten::frexp(float a) -> (float, int)",
      [](Call& call) {
        int exponent = 0;
        call.give(std::frexp(call.number(0), &exponent));
        call.give(std::int64_t{exponent});
      },
      kNoRule);
  table.add(
      "aten::ldexp(float x, int i) -> float",
      [](Call& call) {
        call.give(std::ldexp(call.number(0), static_cast<int>(std::clamp<std::int64_t>(
                                                 call.integer(1), -10000, 10000))));
      },
      kNoRule);
}

void register_tests(OperatorTable& table) {
  table.add(
      "aten::isnan.float(float a) -> bool",
      [](Call& call) { call.give(std::isnan(call.number(0))); }, kNoRule);
  table.add(
      "aten::isinf.float(float a) -> bool",
      [](Call& call) { call.give(std::isinf(call.number(0))); }, kNoRule);
  table.add(
      "aten::isfinite.float(float a) -> bool",
      [](Call& call) { call.give(std::isfinite(call.number(0))); }, kNoRule);
}

void register_trigonometry(OperatorTable& table) {
  add_function<std::sin>(table, "sin");
  add_function<std::cos>(table, "cos");
  add_function<std::tan>(table, "tan");
  add_function<std::asin>(table, "asin");
  add_function<std::acos>(table, "acos");
  add_function<std::atan>(table, "atan");
  add_function<std::sinh>(table, "sinh");
  add_function<std::cosh>(table, "cosh");
  add_function<std::tanh>(table, "tanh");
  add_function<std::asinh>(table, "asinh");
  add_function<std::acosh>(table, "acosh");
  add_function<std::atanh>(table, "atanh");
  add_function<degrees>(table, "degrees");
  add_function<radians>(table, "radians");
  add_function<angle>(table, "angle");
}

}  // namespace

void register_scalar_math(OperatorTable& table) {
  add_function<std::sqrt>(table, "sqrt");
  add_function<std::exp>(table, "exp");
  add_function<std::expm1>(table, "expm1");
  add_function<std::log>(table, "log");
  add_function<std::log10>(table, "log10");
  add_function<std::log1p>(table, "log1p");
  add_function<std::erf>(table, "erf");
  add_function<std::erfc>(table, "erfc");
  add_function<std::tgamma>(table, "gamma");
  add_function<std::lgamma>(table, "lgamma");
  add_function<std::fabs>(table, "fabs");
  // To even, as the processor rounds.
  add_function<std::nearbyint>(table, "round");
  register_trigonometry(table);
  add_of_int(table, "aten::floor", "int", rounding_kernel<std::floor>, shapes::same_number);
  add_of_int(table, "aten::ceil", "int", rounding_kernel<std::ceil>, shapes::same_number);
  add_of_int(table, "aten::neg", "float", neg_kernel, shapes::negative);
  add_of_int(table, "prim::abs", "float", abs_kernel, absolute_number);
  register_parts(table);
  register_tests(table);
}

}  // namespace henson::runtime
