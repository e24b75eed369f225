// Activations with parameters that are numbers.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/unary.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

Tensor floats(Call& call) {
  const Tensor self = call.tensor(0);
  if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
  return self;
}

/// x · scale above 0, and expm1(x · input_scale) · alpha · scale below.
Tensor exponential_linear(Allocator& memory, const Tensor& self, double alpha, double scale,
                          double input_scale) {
  return unary_float(memory, self, [=](auto x) {
    using T = decltype(x);
    const T below = static_cast<T>(alpha) * static_cast<T>(scale);
    return x < T(0) ? std::expm1(x * static_cast<T>(input_scale)) * below
                    : x * static_cast<T>(scale);
  });
}

Tensor elu(Call& call) {
  return exponential_linear(call.memory(), floats(call), call.number(1), call.number(2),
                            call.number(3));
}

Tensor selu(Call& call) {
  return exponential_linear(call.memory(), floats(call), 1.6732632423543772848170429916717,
                            1.0507009873554804934193349852946, 1);
}

Tensor celu(Call& call) {
  const double alpha = call.number(1);
  if (alpha == 0) fail("ZeroDivisionError: alpha cannot be 0 for CELU");
  return exponential_linear(call.memory(), floats(call), alpha, 1, 1 / alpha);
}

Tensor leaky_relu(Call& call) {
  return unary_float(call.memory(), floats(call), [slope = call.number(1)](auto x) {
    using T = decltype(x);
    return x > T(0) ? x : x * static_cast<T>(slope);
  });
}

/// Beyond the threshold log(1 + exp(βx)) / β is x to all digits.
Tensor softplus(Call& call) {
  return unary_float(
      call.memory(), floats(call), [beta = call.number(1), limit = call.number(2)](auto x) {
        using T = decltype(x);
        const T scaled = x * static_cast<T>(beta);
        return scaled > static_cast<T>(limit) ? x
                                              : std::log1p(std::exp(scaled)) / static_cast<T>(beta);
      });
}

Tensor hardshrink(Call& call) {
  return unary_float(call.memory(), floats(call), [lambda = call.number(1)](auto x) {
    using T = decltype(x);
    return x >= static_cast<T>(-lambda) && x <= static_cast<T>(lambda) ? T(0) : x;
  });
}

Tensor softshrink(Call& call) {
  if (call.number(1) < 0) fail("lambda must be greater or equal to 0 for softshrink");
  return unary_float(call.memory(), floats(call), [lambda = call.number(1)](auto x) {
    using T = decltype(x);
    const T bound = static_cast<T>(lambda);
    if (x > bound) return x - bound;
    return x < -bound ? x + bound : x * T(0);
  });
}

/// `value` where x is not above the threshold.
Tensor threshold(Call& call) {
  const Tensor self = call.tensor(0);
  if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
  const Scalar value = call.scalar(2);
  const Scalar limit = call.scalar(1);
  const bool whole = !is_floating(self.dtype());
  const std::int64_t whole_limit = whole ? to_int_checked(limit) : 0;
  const std::int64_t whole_value = whole ? to_int_checked(value) : 0;
  return unary(call.memory(), self, self.dtype(), [&](auto x) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      return x <= whole_limit ? whole_value : x;
    } else {
      return x <= static_cast<T>(to_double(limit)) ? static_cast<T>(to_double(value)) : x;
    }
  });
}

/// log(x / (1 - x)), of x held within [eps, 1 - eps].
Tensor logit(Call& call) {
  const std::optional<double> eps = call.maybe_number(1);
  return unary_float(call.memory(), call.tensor(0), [eps](auto x) {
    using T = decltype(x);
    if (eps) {
      const T low = static_cast<T>(*eps);
      const T high = T(1) - low;
      x = x < low ? low : x > high ? high : x;
    }
    return std::log(x / (T(1) - x));
  });
}

}  // namespace

void register_parametric_activation(OperatorTable& table) {
  add_with_in_place<elu>(table, "elu", ", Scalar alpha=1, Scalar scale=1, Scalar input_scale=1",
                         {dtypes::same, shapes::same});
  add_with_in_place<selu>(table, "selu", "", {dtypes::same, shapes::same});
  add_with_in_place<celu>(table, "celu", ", Scalar alpha=1.", {dtypes::same, shapes::same});
  add_with_in_place<leaky_relu>(table, "leaky_relu", ", Scalar negative_slope=0.01",
                                {dtypes::same, shapes::same});
  add_with_in_place<threshold>(table, "threshold", ", Scalar threshold, Scalar value",
                               {dtypes::same, shapes::same});
  add_with_in_place<logit>(table, "logit", ", float? eps=None", {dtypes::kFloating, shapes::same});
  const auto add = [&](const std::string& signature, Kernel kernel) {
    table.add("aten::" + signature + " -> Tensor", kernel, {dtypes::same, shapes::same});
  };
  add("softplus(Tensor self, Scalar beta=1, Scalar threshold=20)",
      [](Call& call) { call.give(softplus(call)); });
  add("hardshrink(Tensor self, Scalar lambd=0.5)", [](Call& call) { call.give(hardshrink(call)); });
  add("softshrink(Tensor self, Scalar lambd=0.5)", [](Call& call) { call.give(softshrink(call)); });
}

}  // namespace henson::runtime
