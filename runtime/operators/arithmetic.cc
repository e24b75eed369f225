#include "runtime/operators/arithmetic.h"

#include <cmath>
#include <string>

#include "henson/error.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

void check_alpha(DType common, const Scalar& alpha) {
  if (std::holds_alternative<bool>(alpha) && common != DType::kBool) {
    fail("Boolean alpha only supported for Boolean results.");
  }
  if (is_floating(alpha) && !is_floating(common)) {
    fail("For integral input tensors, argument alpha must not be a floating point number.");
  }
}

void check_subtraction(const Operand& a, const Operand& b) {
  if (a.tensor.dtype() == DType::kBool || b.tensor.dtype() == DType::kBool) {
    fail(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
        "invert a mask, use the `~` or `logical_not()` operator instead.");
  }
}

/// x + alpha · y: with one rounding, as PyTorch's vector code does; integers wrap.
template <typename T>
struct AddScaled {
  T alpha;
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<std::uint64_t>(x) +
                            static_cast<std::uint64_t>(alpha) * static_cast<std::uint64_t>(y));
    } else {
      return std::fma(alpha, y, x);
    }
  }
};

/// a + alpha · b, where a factor of 1 and -1 needs no product.
template <typename T>
Tensor add_scaled(Allocator& memory, const std::array<Tensor, 2>& inputs, DType compute, T alpha) {
  if constexpr (std::is_floating_point_v<T>) {
    if (alpha == T(1)) {
      return map_elements<T, T>(memory, inputs, compute, [](T x, T y) { return x + y; });
    }
    if (alpha == T(-1)) {
      return map_elements<T, T>(memory, inputs, compute, [](T x, T y) { return x - y; });
    }
  }
  return map_elements<T, T>(memory, inputs, compute, AddScaled<T>{alpha});
}

/// alpha as a factor of elements of `common`; of booleans, whether they count at all.
template <typename T>
T factor_of(const Scalar& alpha, DType common, int sign) {
  if (common == DType::kBool) return static_cast<T>(to_double(alpha) != 0);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<std::uint64_t>(to_int(alpha)) *
                          static_cast<std::uint64_t>(sign));
  } else {
    return static_cast<T>(to_double(alpha)) * static_cast<T>(sign);
  }
}

/// `sign` is 1 or -1.
Tensor add_signed(Allocator& memory, const Operand& a, const Operand& b, const Scalar& alpha,
                  int sign) {
  const DType common = promoted({a, b});
  check_alpha(common, alpha);
  const DType compute = compute_dtype(common);
  const Tensor sums = visit_compute(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return add_scaled<T>(memory, widened_pair(memory, a, b, common), compute,
                         factor_of<T>(alpha, common, sign));
  });
  return sums.to(memory, common);
}

struct Times {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y));
  }
  float operator()(float x, float y) const { return x * y; }
  double operator()(double x, double y) const { return x * y; }
};

/// The larger (or smaller) one; NaN wins.
template <bool kLarger>
struct Extreme {
  template <typename T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(x)) return x;
      if (std::isnan(y)) return y;
    }
    return (kLarger ? x > y : x < y) ? x : y;
  }
};

Tensor negate(Allocator& memory, const Tensor& self) {
  if (self.dtype() == DType::kBool) {
    fail(
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
        "invert "
        "a mask, use the `~` or `logical_not()` operator instead.");
  }
  return unary(memory, self, self.dtype(), [](auto x) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(0 - static_cast<std::uint64_t>(x));
    } else {
      return -x;
    }
  });
}

Tensor sign(Allocator& memory, const Tensor& self) {
  return unary(memory, self, self.dtype(), [](auto x) {
    using T = decltype(x);
    return static_cast<T>(static_cast<int>(x > T(0)) - static_cast<int>(x < T(0)));
  });
}

Tensor reverse_subtract(Allocator& memory, const Operand& self, const Operand& other,
                        const Scalar& alpha) {
  return subtract(memory, other, self, alpha);
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&, const Scalar&)>
void scaled_kernel(Call& call) {
  call.give(F(call.memory(), operand(call, 0), operand(call, 1), call.scalar(2)));
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&, const Scalar&)>
void scaled_in_place(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(
      write_result(call.memory(), self, F(call.memory(), self, operand(call, 1), call.scalar(2))));
}

template <Tensor (*F)(Allocator&, const Tensor&)>
void unary_kernel(Call& call) {
  call.give(F(call.memory(), call.tensor(0)));
}

template <Tensor (*F)(Allocator&, const Tensor&)>
void unary_in_place(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(write_result(call.memory(), self, F(call.memory(), self)));
}

template <Tensor (*F)(Allocator&, const Tensor&)>
void add_unary(OperatorTable& table, const std::string& name, Rule rule) {
  table.add("aten::" + name + "(Tensor self) -> Tensor", unary_kernel<F>, rule);
  table.add("aten::" + name + "_(Tensor(a!) self) -> Tensor(a!)", unary_in_place<F>, rule);
}

}  // namespace

Tensor add(Allocator& memory, const Operand& a, const Operand& b, const Scalar& alpha) {
  return add_signed(memory, a, b, alpha, 1);
}

Tensor subtract(Allocator& memory, const Operand& a, const Operand& b, const Scalar& alpha) {
  check_subtraction(a, b);
  return add_signed(memory, a, b, alpha, -1);
}

Tensor multiply(Allocator& memory, const Operand& a, const Operand& b) {
  const DType common = promoted({a, b});
  const DType compute = compute_dtype(common);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return map_elements<T, T>(memory, widened_pair(memory, a, b, common),
                                                   compute, Times{});
                       })
      .to(memory, common);
}

Tensor maximum(Allocator& memory, const Operand& a, const Operand& b) {
  return binary(memory, a, b, promoted({a, b}), Extreme<true>{});
}

Tensor minimum(Allocator& memory, const Operand& a, const Operand& b) {
  return binary(memory, a, b, promoted({a, b}), Extreme<false>{});
}

Tensor absolute(Allocator& memory, const Tensor& self) {
  if (self.dtype() == DType::kBool) fail("abs is not implemented for bool");
  return unary(memory, self, self.dtype(), [](auto x) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      return x < 0 ? static_cast<T>(0 - static_cast<std::uint64_t>(x)) : x;
    } else {
      return std::abs(x);
    }
  });
}

void add_binary(OperatorTable& table, const std::string& name, const std::string& tail,
                Kernel kernel, Kernel in_place, Rule rule, Versions versions) {
  for (const std::string kind : {"Tensor", "Scalar"}) {
    // Only tensors' factors are keywords in PyTorch's signatures.
    const bool positional = kind == "Scalar" && tail.starts_with(", *");
    const std::string rest = kind + " other" + (positional ? tail.substr(3) : tail) + ")";
    table.add("aten::" + name + "." + kind + "(Tensor self, " + rest + " -> Tensor", kernel, rule,
              versions);
    table.add("aten::" + name + "_." + kind + "(Tensor(a!) self, " + rest + " -> Tensor(a!)",
              in_place, rule, versions);
  }
}

void register_arithmetic(OperatorTable& table) {
  add_binary(table, "add", ", *, Scalar alpha=1", scaled_kernel<add>, scaled_in_place<add>,
             {dtypes::promoted<0, 1>, shapes::sum, Trait::kNone, NumberUse::kAdds});
  for (const std::string name : {"sub", "subtract"}) {
    add_binary(table, name, ", *, Scalar alpha=1", scaled_kernel<subtract>,
               scaled_in_place<subtract>,
               {dtypes::promoted<0, 1>, shapes::difference, Trait::kNone, NumberUse::kAdds});
  }
  for (const std::string kind : {"Tensor", "Scalar"}) {
    table.add("aten::rsub." + kind + "(Tensor self, " + kind + " other, Scalar alpha=1) -> Tensor",
              scaled_kernel<reverse_subtract>,
              {dtypes::promoted<0, 1>, shapes::reverse_difference, Trait::kNone, NumberUse::kAdds});
  }
  for (const std::string name : {"mul", "multiply"}) {
    add_binary(table, name, "", binary_kernel<multiply>, binary_in_place<multiply>,
               {dtypes::promoted<0, 1>, shapes::product, Trait::kNone, NumberUse::kScales});
  }
  for (const std::string name : {"maximum", "max.other"}) {
    table.add("aten::" + name + "(Tensor self, Tensor other) -> Tensor", binary_kernel<maximum>,
              {dtypes::promoted<0, 1>, shapes::larger, Trait::kNone, NumberUse::kBounds});
  }
  for (const std::string name : {"minimum", "min.other"}) {
    table.add("aten::" + name + "(Tensor self, Tensor other) -> Tensor", binary_kernel<minimum>,
              {dtypes::promoted<0, 1>, shapes::smaller, Trait::kNone, NumberUse::kBounds});
  }
  for (const std::string name : {"neg", "negative"})
    add_unary<negate>(table, name, {dtypes::same, shapes::negative});
  for (const std::string name : {"abs", "absolute"})
    add_unary<absolute>(table, name, {dtypes::same, shapes::same});
  for (const std::string name : {"sign", "sgn"})
    add_unary<sign>(table, name, {dtypes::same, shapes::same});
  register_division(table);
  register_power(table);
  register_combinations(table);
}

}  // namespace henson::runtime
