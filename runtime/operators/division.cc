// Quotients and remainders.
#include <cmath>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

void check_divisor(std::int64_t y) {
  if (y == 0) fail("ZeroDivisionError: division by zero");
}

/// Rounds the quotient toward zero. (The lowest number by -1 ends PyTorch.)
struct Trunc {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    check_divisor(y);
    return checked_divide(x, y);
  }
  float operator()(float x, float y) const { return std::trunc(x / y); }
  double operator()(double x, double y) const { return std::trunc(x / y); }
};

/// The remainder that has the sign of the divisor.
struct Modulo {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    check_divisor(y);
    if (y == -1) return 0;
    const std::int64_t rest = x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  }
  template <typename T>
  T operator()(T x, T y) const {
    const T rest = std::fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  }
};

/// The remainder that has the sign of the dividend.
struct Fmod {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    check_divisor(y);
    return y == -1 ? 0 : x % y;
  }
  float operator()(float x, float y) const { return std::fmod(x, y); }
  double operator()(double x, double y) const { return std::fmod(x, y); }
};

/// Rounds the quotient toward minus infinity: the lowest number by -1 wraps, as in PyTorch. For
/// reals as Python does: from the exact remainder, so that the two agree.
struct Floor {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    if (y == -1) return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x));
    const std::int64_t quotient = Trunc{}(x, y);
    return x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient;
  }
  template <typename T>
  T operator()(T x, T y) const {
    if (y == 0) return x / y;
    const T rest = std::fmod(x, y);
    T quotient = (x - rest) / y;
    if (rest != 0 && (y < 0) != (rest < 0)) quotient -= T(1);
    if (quotient == 0) return std::copysign(T(0), x / y);
    const T floor = std::floor(quotient);
    return quotient - floor > T(0.5) ? floor + T(1) : floor;
  }
};

template <typename F>
Tensor round_quotient(Allocator& memory, const Operand& a, const Operand& b, const char* name,
                      F f) {
  const DType common = promoted({a, b});
  if (common == DType::kBool) fail(std::string(name) + " is not implemented for bool");
  const DType compute = compute_dtype(common);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return map_elements<T, T>(memory, widened_pair(memory, a, b, common),
                                                   compute, f);
                       })
      .to(memory, common);
}

/// Unlike quotients, remainders round numbers to the operands' type first.
template <typename F>
Tensor rest_of_quotient(Allocator& memory, const Operand& a, const Operand& b, const char* name,
                        F f) {
  const DType common = promoted({a, b});
  if (common == DType::kBool) fail(std::string(name) + " is not implemented for bool");
  return binary(memory, a, b, common, f);
}

/// Division in archives below version 4, as PyTorch's upgrader reads it: integers lose their
/// fraction.
Tensor divide_before_4(Allocator& memory, const Operand& a, const Operand& b) {
  const bool floats = is_floating(a.tensor.dtype()) || is_floating(b.tensor.dtype());
  return floats ? divide(memory, a, b) : divide_trunc(memory, a, b);
}

/// The rounding mode is None, "trunc" or "floor".
Tensor divide_rounded(Call& call) {
  const Operand a = operand(call, 0);
  const Operand b = operand(call, 1);
  if (call.is_none(2)) return divide(call.memory(), a, b);
  const std::string mode = call.string(2);
  if (mode == "trunc") return divide_trunc(call.memory(), a, b);
  if (mode == "floor") return divide_floor(call.memory(), a, b);
  fail("div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '" + mode +
       "'");
}

/// The quotient is not rounded, and real, when the rounding mode is None.
void quotient_type(Inference& call) {
  const Fact whole = dtypes::promote_facts(call, {0, 1});
  const Value* const mode = call.arg(2).constant;
  if (mode == nullptr) {
    if (whole.floating == true) dtypes::give(call, whole);
    return;
  }
  dtypes::give(call, mode->is_none() ? dtypes::as_floating(whole) : whole);
}

constexpr Rule kRounded{quotient_type, shapes::rounded_quotient, Trait::kNone, NumberUse::kScales};
constexpr Rule kTruncated{dtypes::promoted<0, 1>, shapes::trunc_quotient, Trait::kNone,
                          NumberUse::kMeasures};
constexpr Rule kTruncatedScale{dtypes::promoted<0, 1>, shapes::trunc_quotient, Trait::kNone,
                               NumberUse::kScales};
constexpr Rule kFloored{dtypes::promoted<0, 1>, shapes::floor_quotient, Trait::kNone,
                        NumberUse::kMeasures};

void add_divide(OperatorTable& table, const std::string& name) {
  const Versions old{0, 3};
  const Versions now{4};
  add_binary(table, name, "", binary_kernel<divide_before_4>, binary_in_place<divide_before_4>,
             kTruncatedScale, old);
  add_binary(table, name, "", binary_kernel<divide>, binary_in_place<divide>,
             {dtypes::promoted_to_float<0, 1>, shapes::quotient, Trait::kNone, NumberUse::kScales},
             now);
  for (const std::string kind : {"Tensor", "Scalar"}) {
    const std::string rest = kind + " other, *, str? rounding_mode)";
    table.add(
        "aten::" + name + "." + kind + "_mode(Tensor self, " + rest + " -> Tensor",
        [](Call& call) { call.give(divide_rounded(call)); }, kRounded);
    table.add(
        "aten::" + name + "_." + kind + "_mode(Tensor(a!) self, " + rest + " -> Tensor(a!)",
        [](Call& call) {
          call.give(write_result(call.memory(), call.tensor(0), divide_rounded(call)));
        },
        kRounded);
  }
}

void add_floor_divide(OperatorTable& table) {
  // It truncated until PyTorch 1.12, and archives do not say which one wrote them; versions 1 and 2
  // are surely that old, and PyTorch itself floors for all others.
  const Versions old{0, 2};
  const Versions now{3};
  table.add("aten::floor_divide(Tensor self, Tensor other) -> Tensor", binary_kernel<divide_trunc>,
            kTruncated, old);
  table.add("aten::floor_divide(Tensor self, Tensor other) -> Tensor", binary_kernel<divide_floor>,
            kFloored, now);
  add_binary(table, "floor_divide", "", binary_kernel<divide_trunc>, binary_in_place<divide_trunc>,
             kTruncated, old);
  add_binary(table, "floor_divide", "", binary_kernel<divide_floor>, binary_in_place<divide_floor>,
             kFloored, now);
}

}  // namespace

Tensor divide(Allocator& memory, const Operand& a, const Operand& b) {
  const DType common = promoted_to_float({a, b});
  const DType compute = compute_dtype(common);
  return visit_compute_float(compute,
                             [&](auto tag) {
                               using T = typename decltype(tag)::type;
                               return map_elements<T, T>(memory, widened_pair(memory, a, b, common),
                                                         compute, [](T x, T y) { return x / y; });
                             })
      .to(memory, common);
}

Tensor divide_trunc(Allocator& memory, const Operand& a, const Operand& b) {
  return round_quotient(memory, a, b, "div", Trunc{});
}

Tensor divide_floor(Allocator& memory, const Operand& a, const Operand& b) {
  return round_quotient(memory, a, b, "floor_divide", Floor{});
}

Tensor remainder(Allocator& memory, const Operand& a, const Operand& b) {
  return rest_of_quotient(memory, a, b, "remainder", Modulo{});
}

Tensor fmod(Allocator& memory, const Operand& a, const Operand& b) {
  return rest_of_quotient(memory, a, b, "fmod", Fmod{});
}

void register_division(OperatorTable& table) {
  for (const std::string name : {"div", "divide"}) add_divide(table, name);
  add_binary(table, "true_divide", "", binary_kernel<divide>, binary_in_place<divide>,
             {dtypes::promoted_to_float<0, 1>, shapes::quotient, Trait::kNone, NumberUse::kScales});
  add_floor_divide(table);
  add_binary(table, "remainder", "", binary_kernel<remainder>, binary_in_place<remainder>,
             {dtypes::promoted<0, 1>, shapes::remainder, Trait::kNone, NumberUse::kMeasures});
  table.add("aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
            binary_kernel<remainder>,
            {dtypes::promoted<0, 1>, shapes::remainder, Trait::kNone, NumberUse::kMeasures});
  add_binary(table, "fmod", "", binary_kernel<fmod>, binary_in_place<fmod>,
             {dtypes::promoted<0, 1>, shapes::elementwise, Trait::kNone, NumberUse::kMeasures});
}

}  // namespace henson::runtime
