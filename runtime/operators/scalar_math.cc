// Functions of one number, and conversions between kinds of numbers.
#include <cmath>
#include <limits>
#include <string>

#include "loader/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

template <double (*F)(double)>
void add_real(OperatorTable& table, const std::string& name, const std::string& result = "float") {
  for (const std::string kind : {"int", "float", "Scalar"}) {
    table.add("aten::" + name + "." + kind + "(" + kind + " a) -> " +
                  (kind == "Scalar" && result == "float" ? "Scalar" : result),
              [](Call& call) { call.give(F(call.number(0))); });
  }
}

/// To a whole number, as Python's math.floor: an int.
template <double (*F)(double)>
void add_whole(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + ".int(int a) -> int", [](Call& call) { call.give(call.integer(0)); });
  table.add("aten::" + name + ".float(float a) -> int",
            [](Call& call) { call.give(to_int_checked(Scalar(F(call.number(0))))); });
}

template <bool (*F)(double)>
void add_test(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + ".float(float a) -> bool",
            [](Call& call) { call.give(F(call.number(0))); });
}

std::int64_t negated(std::int64_t x) {
  return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x));
}

void register_signs(OperatorTable& table) {
  table.add("aten::neg.int(int a) -> int", [](Call& call) { call.give(negated(call.integer(0))); });
  table.add("aten::neg.float(float a) -> float", [](Call& call) { call.give(-call.number(0)); });
  table.add("aten::neg.Scalar(Scalar a) -> Scalar", [](Call& call) {
    const Scalar value = call.scalar(0);
    call.give(is_floating(value) ? Value(-to_double(value)) : Value(negated(to_int(value))));
  });
  table.add("prim::abs.int(int a) -> int", [](Call& call) {
    const std::int64_t value = call.integer(0);
    call.give(value < 0 ? negated(value) : value);
  });
  table.add("prim::abs.float(float a) -> float",
            [](Call& call) { call.give(std::abs(call.number(0))); });
}

std::int64_t parse_int(const std::string& text) {
  try {
    std::size_t used = 0;
    const std::int64_t value = std::stoll(text, &used);
    if (used == text.size()) return value;
  } catch (const std::exception&) {
  }
  throw Error(ErrorCode::kBadInput, "\"" + text + "\" is not an int");
}

void register_conversions(OperatorTable& table) {
  for (const std::string kind : {"int", "bool", "float", "Scalar"}) {
    table.add("aten::Int." + kind + "(" + kind + " a) -> int",
              [](Call& call) { call.give(to_int_checked(call.scalar(0))); });
    // PyTorch's Float.int passes through float32.
    const Kernel to_float =
        kind == "int"
            ? Kernel([](Call& call) { call.give(double{static_cast<float>(call.integer(0))}); })
            : Kernel([](Call& call) { call.give(call.number(0)); });
    table.add("aten::Float." + kind + "(" + kind + " a) -> float", to_float);
    table.add("aten::Bool." + kind + "(" + kind + " a) -> bool",
              [](Call& call) { call.give(call.number(0) != 0); });
  }
  table.add("aten::Int.str(str a) -> int",
            [](Call& call) { call.give(parse_int(call.string(0))); });
}

double root(double x) { return std::sqrt(x); }
double exponential(double x) { return std::exp(x); }
double logarithm(double x) { return std::log(x); }
double logarithm1p(double x) { return std::log1p(x); }
double logarithm2(double x) { return std::log2(x); }
double logarithm10(double x) { return std::log10(x); }
double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double tangent(double x) { return std::tan(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double magnitude(double x) { return std::abs(x); }
double floor_of(double x) { return std::floor(x); }
double ceil_of(double x) { return std::ceil(x); }
double round_of(double x) { return std::nearbyint(x); }
bool is_nan(double x) { return std::isnan(x); }
bool is_infinite(double x) { return std::isinf(x); }
bool is_finite(double x) { return std::isfinite(x); }

}  // namespace

void register_scalar_math(OperatorTable& table) {
  register_signs(table);
  register_conversions(table);
  add_real<root>(table, "sqrt");
  add_real<exponential>(table, "exp");
  add_real<logarithm>(table, "log");
  add_real<logarithm1p>(table, "log1p");
  add_real<logarithm2>(table, "log2");
  add_real<logarithm10>(table, "log10");
  add_real<sine>(table, "sin");
  add_real<cosine>(table, "cos");
  add_real<tangent>(table, "tan");
  add_real<hyperbolic_tangent>(table, "tanh");
  add_real<magnitude>(table, "fabs");
  add_real<round_of>(table, "round");
  add_whole<floor_of>(table, "floor");
  add_whole<ceil_of>(table, "ceil");
  add_test<is_nan>(table, "isnan");
  add_test<is_infinite>(table, "isinf");
  add_test<is_finite>(table, "isfinite");
}

}  // namespace henson::runtime
