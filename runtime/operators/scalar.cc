#include "runtime/operators/scalar.h"

#include <cmath>
#include <functional>

#include "henson/error.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Ints wrap, as PyTorch's do.
template <typename F>
struct Wrapping {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    return static_cast<std::int64_t>(
        F{}(static_cast<std::uint64_t>(x), static_cast<std::uint64_t>(y)));
  }
  double operator()(double x, double y) const { return F{}(x, y); }
};

struct Quotient {
  double operator()(std::int64_t x, std::int64_t y) const {
    return static_cast<double>(x) / static_cast<double>(y);
  }
  double operator()(double x, double y) const { return x / y; }
};

/// Toward minus infinity.
struct FloorQuotient {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    if (y == 0) fail("division by 0");
    const std::int64_t quotient = checked_divide(x, y);
    return y != -1 && x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient;
  }
  double operator()(double x, double y) const { return std::floor(x / y); }
};

/// With the sign of the divisor.
struct Modulo {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    if (y == 0) fail("division by 0");
    if (y == -1) return 0;
    const std::int64_t rest = x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  }
  double operator()(double x, double y) const { return std::fmod(y + std::fmod(x, y), y); }
};

template <double (*F)(double, double)>
struct Real {
  template <typename T>
  double operator()(T x, T y) const {
    return F(static_cast<double>(x), static_cast<double>(y));
  }
};

struct Larger {
  template <typename T>
  T operator()(T x, T y) const {
    return x > y ? x : y;
  }
};

struct Smaller {
  template <typename T>
  T operator()(T x, T y) const {
    return x < y ? x : y;
  }
};

double power(double x, double y) {
  if (x == 0 && y < 0) fail("0.0 cannot be raised to a negative power");
  return std::pow(x, y);
}
double log_to_base(double x, double base) { return std::log(x) / std::log(base); }
double nearest_remainder(double x, double y) { return std::remainder(x, y); }
double remainder_of(double x, double y) { return std::fmod(x, y); }
double angle(double x, double y) { return std::atan2(x, y); }
double with_sign(double x, double y) { return std::copysign(x, y); }

template <typename F>
void add_comparison(OperatorTable& table, const std::string& name) {
  add_numbers<F>(table, name, {nullptr, nullptr, Trait::kNone, NumberUse::kMeasures}, "bool");
  table.add(
      name + ".str(str a, str b) -> bool",
      [](Call& call) { call.give(F{}(call.string(0), call.string(1))); }, kNoRule);
}

template <typename F>
void add_equality(OperatorTable& table, const std::string& name) {
  add_comparison<F>(table, name);
  table.add(
      name + ".bool(bool a, bool b) -> bool",
      [](Call& call) { call.give(F{}(call.flag(0), call.flag(1))); }, kNoRule);
  table.add(
      name + ".device(Device a, Device b) -> bool",
      [](Call& call) { call.give(F{}(text_of(call.arg(0)), text_of(call.arg(1)))); }, kNoRule);
}

void register_arithmetic_of_numbers(OperatorTable& table) {
  add_numbers<Wrapping<std::plus<>>>(table, "aten::add",
                                     {nullptr, shapes::sum, Trait::kNone, NumberUse::kAdds});
  add_numbers<Wrapping<std::minus<>>>(
      table, "aten::sub", {nullptr, shapes::difference, Trait::kNone, NumberUse::kAdds});
  add_numbers<Wrapping<std::multiplies<>>>(
      table, "aten::mul", {nullptr, shapes::product, Trait::kNone, NumberUse::kScales});
  add_numbers<Quotient>(table, "aten::div", {nullptr, nullptr, Trait::kNone, NumberUse::kScales},
                        "float");
  add_numbers<FloorQuotient>(table, "aten::floordiv", {nullptr, shapes::floor_quotient});
  add_numbers<Modulo>(table, "aten::remainder",
                      {nullptr, shapes::remainder, Trait::kNone, NumberUse::kMeasures});
  add_numbers<Real<power>>(table, "aten::pow", kNoRule, "float", ".Scalar_Scalar");
  add_numbers<Real<remainder_of>>(table, "aten::fmod",
                                  {nullptr, nullptr, Trait::kNone, NumberUse::kMeasures}, "float");
  add_numbers<Real<nearest_remainder>>(table, "aten::mathremainder", kNoRule, "float");
  add_numbers<Real<angle>>(table, "aten::atan2", kNoRule, "float", ".Scalar_Scalar");
  add_numbers<Real<with_sign>>(table, "aten::copysign", kNoRule, "float");
  add_numbers<Larger>(table, "prim::max", {nullptr, shapes::larger});
  add_numbers<Smaller>(table, "prim::min", {nullptr, shapes::smaller});
}

void divmod_of_ints(Call& call) {
  call.give(FloorQuotient{}(call.integer(0), call.integer(1)));
  call.give(Modulo{}(call.integer(0), call.integer(1)));
}

/// The second result is the remainder.
void divmod_numbers(Inference& call) {
  shapes::floor_quotient(call);
  const std::optional<Dimension> quotient = call.result().number;
  shapes::remainder(call);
  call.result(1).number = call.result().number;
  call.result().number = quotient;
}

void divmod_of_floats(Call& call) {
  const double x = call.number(0);
  const double y = call.number(1);
  if (y == 0) fail("float divmod()");
  double rest = std::fmod(x, y);
  if (rest != 0 && (rest < 0) != (y < 0)) rest += y;
  call.give((x - rest) / y);
  call.give(rest);
}

/// An int and a float are two floats, as in Python: PyTorch's own answers for them make no sense.
void register_divmod(OperatorTable& table) {
  table.add("aten::divmod.int(int x, int y) -> (int, int)", divmod_of_ints,
            {nullptr, divmod_numbers});
  table.add("aten::divmod.float(float x, float y) -> (float, float)", divmod_of_floats, kNoRule);
}

/// What an interpreter without autograd and without autocast answers.
void register_modes(OperatorTable& table) {
  for (const std::string name :
       {"aten::is_grad_enabled", "aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled"}) {
    table.add(
        name + "() -> bool", [](Call& call) { call.give(false); }, kNoRule);
  }
}

/// What stands for an `if` of the code that only raises, or that was resolved by a guess of sizes.
void require(Call& call) {
  if (call.flag(0) != call.flag(1)) throw Error(ErrorCode::kBadInput, call.string(2));
}

}  // namespace

void register_scalar(OperatorTable& table) {
  register_arithmetic_of_numbers(table);
  add_equality<std::equal_to<>>(table, "aten::eq");
  add_equality<std::not_equal_to<>>(table, "aten::ne");
  add_comparison<std::less<>>(table, "aten::lt");
  add_comparison<std::less_equal<>>(table, "aten::le");
  add_comparison<std::greater<>>(table, "aten::gt");
  add_comparison<std::greater_equal<>>(table, "aten::ge");
  table.add("aten::log.Scalar_Scalar(Scalar a, Scalar b) -> float",
            number_kernel<Real<log_to_base>, double, double>, kNoRule);
  table.add("henson::require(bool condition, bool wanted, str otherwise) -> ()", require, kNoRule);
  register_modes(table);
  register_scalar_math(table);
  register_scalar_integers(table);
  register_scalar_conversions(table);
  register_strings_and_lists(table);
  register_divmod(table);
  register_list_reductions(table);
}

}  // namespace henson::runtime
