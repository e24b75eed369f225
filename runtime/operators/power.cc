// Powers.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/numbers.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Wraps; a negative exponent gives 0 but for bases of 1 and -1.
std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  std::uint64_t result = 1;
  auto factor = static_cast<std::uint64_t>(base);
  for (auto left = static_cast<std::uint64_t>(exponent); left != 0; left >>= 1) {
    if ((left & 1) != 0) result *= factor;
    factor *= factor;
  }
  return static_cast<std::int64_t>(result);
}

struct Power {
  std::int64_t operator()(std::int64_t x, std::int64_t y) const { return integer_power(x, y); }
  float operator()(float x, float y) const { return std::pow(x, y); }
  double operator()(double x, double y) const { return std::pow(x, y); }
};

/// Common exponents by products and roots, which is also how PyTorch rounds them.
template <typename T>
Tensor power_of(Allocator& memory, const std::array<Tensor, 1>& base, DType compute,
                double exponent) {
  const auto map = [&](auto f) { return map_elements<T, T>(memory, base, compute, f); };
  if (exponent == 0.5) return map([](T x) { return std::sqrt(x); });
  if (exponent == -0.5) return map([](T x) { return T(1) / std::sqrt(x); });
  if (exponent == 2) return map([](T x) { return x * x; });
  if (exponent == 3) return map([](T x) { return x * x * x; });
  if (exponent == -1) return map([](T x) { return T(1) / x; });
  if (exponent == -2) return map([](T x) { return T(1) / (x * x); });
  return map([y = static_cast<T>(exponent)](T x) { return std::pow(x, y); });
}

Tensor power_of_number(Allocator& memory, const Operand& base, const Operand& exponent,
                       DType common) {
  if (!is_floating(common)) {
    if (to_int(to_scalar(exponent.tensor)) < 0) {
      fail("Integers to negative integer powers are not allowed.");
    }
    return binary(memory, base, exponent, common, Power{});
  }
  const double y = to_double(to_scalar(exponent.tensor.to(memory, common)));
  const DType compute = compute_dtype(common);
  const std::array inputs{widened(memory, base.tensor, common)};
  const Tensor powers = visit_compute_float(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (common != DType::kFloat16) return power_of<T>(memory, inputs, compute, y);
    // PyTorch has no short cuts for half, which shows at infinities.
    return map_elements<T, T>(memory, inputs, compute,
                              [y](T x) { return std::pow(x, static_cast<T>(y)); });
  });
  return powers.to(memory, common);
}

Tensor square(Allocator& memory, const Tensor& self) {
  return power(memory, self, Scalar(std::int64_t{2}));
}

/// In double whatever the operands are.
Tensor float_power(Allocator& memory, const Operand& base, const Operand& exponent) {
  return binary(memory, base, exponent, DType::kFloat64, Power{});
}

/// A power of 2, which is an integer: bool becomes one.
void squared(Inference& call) {
  dtypes::same(call);
  if (call.result().dtype == DType::kBool) call.result().dtype = DType::kInt64;
}

constexpr Rule kPower{dtypes::promoted<0, 1>, shapes::elementwise};

void add_power(OperatorTable& table, const std::string& name, Kernel kernel, Rule rule) {
  table.add(name + ".Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", kernel, rule);
  table.add(name + ".Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", kernel, rule);
  table.add(name + ".Scalar(Scalar self, Tensor exponent) -> Tensor", kernel, rule);
}

}  // namespace

Tensor power(Allocator& memory, const Operand& base, const Operand& exponent) {
  const DType common = promoted({base, exponent});
  if (exponent.number) return power_of_number(memory, base, exponent, common);
  if (common == DType::kBool) fail("pow is not implemented for bool");
  return binary(memory, base, exponent, common, Power{});
}

void register_power(OperatorTable& table) {
  add_power(table, "aten::pow", binary_kernel<power>, kPower);
  add_power(table, "aten::float_power", binary_kernel<float_power>,
            {dtypes::always<DType::kFloat64>, shapes::elementwise});
  table.add("aten::pow_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)",
            binary_in_place<power>, kPower);
  table.add("aten::pow_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)",
            binary_in_place<power>, kPower);
  table.add("aten::square(Tensor self) -> Tensor",
            [](Call& call) { call.give(square(call.memory(), call.tensor(0))); },
            {squared, shapes::same});
  table.add("aten::square_(Tensor(a!) self) -> Tensor(a!)",
            [](Call& call) {
              call.give(write_result(call.memory(), call.tensor(0),
                                     square(call.memory(), call.tensor(0))));
            },
            {squared, shapes::same});
}

}  // namespace henson::runtime
