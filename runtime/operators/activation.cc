// Activations without parameters, gelu, and the gated ones.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/unary.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

template <typename T>
T gelu_erf(T x) {
  constexpr T kRoot = static_cast<T>(1 / std::numbers::sqrt2);
  return x * T(0.5) * (T(1) + std::erf(x * kRoot));
}

template <typename T>
T gelu_tanh(T x) {
  constexpr T kRoot = static_cast<T>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  constexpr T kCubic = static_cast<T>(0.044715);
  return T(0.5) * x * (T(1) + std::tanh(kRoot * (x + kCubic * x * x * x)));
}

Tensor gelu(Call& call) {
  const Tensor self = call.tensor(0);
  const std::string approximate = call.string(1);
  if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
  if (approximate == "none")
    return unary_float(call.memory(), self, [](auto x) { return gelu_erf(x); });
  if (approximate == "tanh")
    return unary_float(call.memory(), self, [](auto x) { return gelu_tanh(x); });
  fail("approximate argument must be either none or tanh.");
}

/// One half of a dimension times the sigmoid of the other.
Tensor glu(Allocator& memory, const Tensor& self, std::int64_t dim) {
  if (self.dim() == 0) fail("glu does not support 0-dimensional tensors");
  const std::int64_t size = self.size(dim);
  if (size % 2 != 0) {
    fail("Halving dimension must be even, but dimension " + std::to_string(dim) + " is size " +
         std::to_string(size));
  }
  if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
  return binary_float(memory, narrow(self, dim, 0, size / 2), narrow(self, dim, size / 2, size / 2),
                      self.dtype(), [](auto x, auto gate) {
                        using T = decltype(x);
                        return x / (T(1) + std::exp(-gate));
                      });
}

/// `weight` holds one slope, or one for each of dimension 1.
Tensor prelu(Allocator& memory, const Tensor& self, const Tensor& weight) {
  if (self.dtype() != weight.dtype()) fail("prelu: Type promoting not supported");
  if (weight.dim() > 1) fail("prelu: Expected `weight` to be a scalar or 1D tensor");
  Tensor slopes = weight;
  if (weight.numel() != 1) {
    const std::int64_t channels = self.dim() > 1 ? self.size(1) : 1;
    if (self.dim() == 0) fail("Not allow zero-dim input tensor.");
    if (channels != weight.numel()) {
      fail("Mismatch of parameter numbers and input channel size. Found parameter numbers = " +
           std::to_string(weight.numel()) + " and channel size = " + std::to_string(channels) +
           ".");
    }
  }
  Dims sizes(static_cast<std::size_t>(self.dim()), 1);
  if (self.dim() > 1) sizes[1] = weight.numel();
  slopes = reshape(memory, slopes, sizes);
  return binary_float(memory, self, slopes, self.dtype(),
                      [](auto x, auto slope) { return x > decltype(x)(0) ? x : x * slope; });
}

template <typename T>
T log_sigmoid(T x) {
  return std::min(T(0), x) - std::log1p(std::exp(-std::abs(x)));
}

void halved(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? Inference::dim_at(call.integer(1), sizes->size()) : std::nullopt;
  if (!at) return;
  (*sizes)[*at] = *(*sizes)[*at].divided_by(Dimension::of(2));
  call.give(*sizes);
}

void register_log_sigmoid(OperatorTable& table) {
  table.add("aten::log_sigmoid(Tensor self) -> Tensor",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
              call.give(unary_float(call.memory(), self, [](auto x) { return log_sigmoid(x); }));
            },
            {dtypes::same, shapes::same});
  // The second result is for the backward pass: exp(-|x|).
  table.add(
      "aten::log_sigmoid_forward(Tensor self) -> (Tensor, Tensor)",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
        call.give(unary_float(call.memory(), self, [](auto x) { return log_sigmoid(x); }));
        call.give(unary_float(call.memory(), self, [](auto x) { return std::exp(-std::abs(x)); }));
      },
      {dtypes::same, shapes::same});
}

}  // namespace

void register_activation(OperatorTable& table) {
  add_with_in_place<gelu>(table, "gelu", ", *, str approximate=\"none\"",
                          {dtypes::same, shapes::same});
  add_activation(table, "silu", [](auto x) { return x / (decltype(x)(1) + std::exp(-x)); });
  add_activation(table, "mish", [](auto x) { return x * std::tanh(std::log1p(std::exp(x))); });
  add_activation(table, "hardswish", [](auto x) {
    using T = decltype(x);
    return x * std::min(std::max(x + T(3), T(0)), T(6)) / T(6);
  });
  add_activation(table, "hardsigmoid", [](auto x) {
    using T = decltype(x);
    return std::min(std::max(x + T(3), T(0)), T(6)) / T(6);
  });
  register_log_sigmoid(table);
  table.add("aten::glu(Tensor self, int dim=-1) -> Tensor",
            [](Call& call) { call.give(glu(call.memory(), call.tensor(0), call.integer(1))); },
            {dtypes::same, halved});
  for (const std::string name : {"prelu", "_prelu_kernel"}) {
    table.add("aten::" + name + "(Tensor self, Tensor weight) -> Tensor",
              [](Call& call) { call.give(prelu(call.memory(), call.tensor(0), call.tensor(1))); },
              {dtypes::same, shapes::same});
  }
}

}  // namespace henson::runtime
