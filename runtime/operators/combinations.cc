// Elementwise functions of two and three tensors beyond plain arithmetic.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// f(x, y, z) in the type for `common`.
template <typename F>
Tensor ternary(Allocator& memory, const std::array<Tensor, 3>& inputs, DType common, F f) {
  const DType compute = compute_dtype(common);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return map_elements<T, T>(memory,
                                                   std::array{widened(memory, inputs[0], common),
                                                              widened(memory, inputs[1], common),
                                                              widened(memory, inputs[2], common)},
                                                   compute, f);
                       })
      .to(memory, common);
}

/// self + value · a · b.
Tensor addcmul(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
               const Scalar& value) {
  const DType common = promoted({self, a, b});
  if (common == DType::kBool) throw_unsupported_dtype(common);
  return ternary(memory, {self, a, b}, common, [&value](auto x, auto y, auto z) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<std::uint64_t>(x) +
                            static_cast<std::uint64_t>(to_int(value)) *
                                static_cast<std::uint64_t>(y) * static_cast<std::uint64_t>(z));
    } else {
      return x + static_cast<T>(to_double(value)) * y * z;
    }
  });
}

/// self + value · a / b.
Tensor addcdiv(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
               const Scalar& value) {
  if (!is_floating(a.dtype()) && !is_floating(b.dtype())) {
    fail("Integer division with addcdiv is no longer supported; divide first.");
  }
  const DType common = promoted({self, a, b});
  return ternary(memory, {self, a, b}, common, [&value](auto x, auto y, auto z) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      return x;  // not reached: the promoted type is floating
    } else {
      return x + static_cast<T>(to_double(value)) * y / z;
    }
  });
}

template <typename T>
T interpolate(T from, T to, T weight) {
  // The end nearer to the result is added to, so that weights of 0 and 1 are exact.
  return std::abs(weight) < T(0.5) ? from + weight * (to - from)
                                   : to - (to - from) * (T(1) - weight);
}

Tensor lerp(Allocator& memory, const Tensor& self, const Tensor& end, const Operand& weight) {
  const bool one_weight = weight.number || weight.tensor.dim() == 0;  // of any type
  if (end.dtype() != self.dtype() || !(one_weight || weight.tensor.dtype() == self.dtype())) {
    fail("lerp expects tensors of one dtype");
  }
  const DType dtype = weight.number ? self.dtype() : promoted({self, end, weight});
  if (!is_floating(dtype)) throw_unsupported_dtype(dtype);
  const DType compute = compute_dtype(dtype);
  return visit_compute_float(
             compute,
             [&](auto tag) {
               using T = typename decltype(tag)::type;
               return map_elements<T, T>(
                   memory,
                   std::array{widened(memory, self, dtype), widened(memory, end, dtype),
                              weight.tensor.to(memory, compute)},
                   compute, interpolate<T>);
             })
      .to(memory, dtype);
}

Tensor atan2(Allocator& memory, const Operand& a, const Operand& b) {
  return binary_float(memory, a, b, promoted_to_float({a, b}),
                      [](auto x, auto y) { return std::atan2(x, y); });
}

Tensor hypot(Allocator& memory, const Operand& a, const Operand& b) {
  return binary_float(memory, a, b, promoted({a, b}),
                      [](auto x, auto y) { return std::hypot(x, y); });
}

Tensor copysign(Allocator& memory, const Operand& a, const Operand& b) {
  return binary_float(memory, a, b, promoted_to_float({a, b}),
                      [](auto x, auto y) { return std::copysign(x, y); });
}

/// x · log(y), and 0 where x is 0.
Tensor xlogy(Allocator& memory, const Operand& a, const Operand& b) {
  return binary_float(memory, a, b, promoted_to_float({a, b}), [](auto x, auto y) {
    if (std::isnan(y)) return y;
    return x == decltype(x)(0) ? x * decltype(x)(0) : x * std::log(y);
  });
}

Tensor logaddexp(Allocator& memory, const Operand& a, const Operand& b) {
  return binary_float(memory, a, b, promoted({a, b}), [](auto x, auto y) {
    if (std::isinf(x) && x == y) return x;
    const auto larger = std::fmax(x, y);
    const auto sum = larger + std::log1p(std::exp(-std::abs(x - y)));
    return std::isnan(x) || std::isnan(y) ? x + y : sum;
  });
}

Tensor fmax(Allocator& memory, const Operand& a, const Operand& b) {
  return binary(memory, a, b, promoted({a, b}), [](auto x, auto y) {
    if constexpr (std::is_floating_point_v<decltype(x)>) {
      return std::fmax(x, y);
    } else {
      return x > y ? x : y;
    }
  });
}

Tensor fmin(Allocator& memory, const Operand& a, const Operand& b) {
  return binary(memory, a, b, promoted({a, b}), [](auto x, auto y) {
    if constexpr (std::is_floating_point_v<decltype(x)>) {
      return std::fmin(x, y);
    } else {
      return x < y ? x : y;
    }
  });
}

constexpr Rule kPromoted{dtypes::promoted<0, 1>, shapes::elementwise};
constexpr Rule kReal{dtypes::promoted_to_float<0, 1>, shapes::elementwise};
constexpr Rule kSummedProduct{dtypes::promoted<0, 1, 2>, shapes::elementwise};

template <Tensor (*F)(Allocator&, const Tensor&, const Tensor&, const Tensor&, const Scalar&)>
void add_product(OperatorTable& table, const std::string& name) {
  const std::string rest = " self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor";
  table.add(
      "aten::" + name + "(Tensor" + rest,
      [](Call& call) {
        call.give(F(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), call.scalar(3)));
      },
      kSummedProduct);
  table.add(
      "aten::" + name + "_(Tensor(a!)" + rest + "(a!)",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        call.give(
            write_result(call.memory(), self,
                         F(call.memory(), self, call.tensor(1), call.tensor(2), call.scalar(3))));
      },
      kSummedProduct);
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void add_pair(OperatorTable& table, const std::string& name, Rule rule) {
  table.add("aten::" + name + "(Tensor self, Tensor other) -> Tensor", binary_kernel<F>, rule);
  table.add("aten::" + name + "_(Tensor(a!) self, Tensor other) -> Tensor(a!)", binary_in_place<F>,
            rule);
}

}  // namespace

void register_combinations(OperatorTable& table) {
  add_product<addcmul>(table, "addcmul");
  add_product<addcdiv>(table, "addcdiv");
  for (const std::string kind : {"Scalar", "Tensor"}) {
    const std::string rest = " self, Tensor end, " + kind + " weight) -> Tensor";
    const Rule rule{kind == "Scalar" ? dtypes::same<0> : dtypes::promoted<0, 1, 2>,
                    shapes::elementwise};
    table.add(
        "aten::lerp." + kind + "(Tensor" + rest,
        [](Call& call) {
          call.give(lerp(call.memory(), call.tensor(0), call.tensor(1), operand(call, 2)));
        },
        rule);
    table.add(
        "aten::lerp_." + kind + "(Tensor(a!)" + rest + "(a!)",
        [](Call& call) {
          const Tensor self = call.tensor(0);
          call.give(write_result(call.memory(), self,
                                 lerp(call.memory(), self, call.tensor(1), operand(call, 2))));
        },
        rule);
  }
  for (const std::string name : {"atan2", "arctan2"}) add_pair<atan2>(table, name, kReal);
  add_pair<hypot>(table, "hypot", kPromoted);
  add_binary(table, "copysign", "", binary_kernel<copysign>, binary_in_place<copysign>, kReal);
  add_pair<logaddexp>(table, "logaddexp", kPromoted);
  add_pair<fmax>(table, "fmax", kPromoted);
  add_pair<fmin>(table, "fmin", kPromoted);
  table.add("aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor", binary_kernel<xlogy>, kReal);
  table.add("aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", binary_kernel<xlogy>,
            kReal);
  table.add("aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor", binary_kernel<xlogy>,
            kReal);
}

}  // namespace henson::runtime
