#include "kernels/activation.h"

#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/math-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

struct Relu {
  FloatVector operator()(FloatTag d, FloatVector x) const { return hn::Max(x, hn::Zero(d)); }
};
struct Gelu {
  FloatVector operator()(FloatTag d, FloatVector x) const {
    const FloatVector half = hn::Mul(x, hn::Set(d, 0.5F));
    return hn::MulAdd(half, erf(d, hn::Mul(x, hn::Set(d, 0.707106769F))), half);
  }
};
struct GeluTanh {
  FloatVector operator()(FloatTag d, FloatVector x) const {
    const FloatVector half = hn::Mul(x, hn::Set(d, 0.5F));
    const FloatVector cubic = hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.044715F), hn::Set(d, 1.0F));
    const FloatVector inner = hn::Mul(hn::Mul(x, hn::Set(d, 0.797884583F)), cubic);
    return hn::MulAdd(half, tanh(d, inner), half);
  }
};
struct Tanh {
  FloatVector operator()(FloatTag d, FloatVector x) const { return tanh(d, x); }
};
struct Sigmoid {
  FloatVector operator()(FloatTag d, FloatVector x) const { return sigmoid(d, x); }
};
struct Silu {
  FloatVector operator()(FloatTag d, FloatVector x) const { return hn::Mul(x, sigmoid(d, x)); }
};
struct GeluQuick {
  FloatVector operator()(FloatTag d, FloatVector x) const {
    return hn::Mul(x, sigmoid(d, hn::Mul(x, hn::Set(d, 1.702F))));
  }
};

template <class Function>
void apply(Function function, float* x, std::size_t rows, std::size_t columns,
           std::size_t stride) noexcept {
  const FloatTag d;
  for (std::size_t r = 0; r < rows; ++r, x += stride) {
    std::size_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      hn::StoreU(function(d, hn::LoadU(d, x + c)), d, x + c);
    }
    if (c < columns) store_part(function(d, load_part(x + c, columns - c)), x + c, columns - c);
  }
}

void activate_rows(Activation activation, float* x, std::size_t rows, std::size_t columns,
                   std::size_t stride) noexcept {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      return apply(Relu(), x, rows, columns, stride);
    case Activation::kGelu:
      return apply(Gelu(), x, rows, columns, stride);
    case Activation::kGeluTanh:
      return apply(GeluTanh(), x, rows, columns, stride);
    case Activation::kTanh:
      return apply(Tanh(), x, rows, columns, stride);
    case Activation::kSigmoid:
      return apply(Sigmoid(), x, rows, columns, stride);
    case Activation::kSilu:
      return apply(Silu(), x, rows, columns, stride);
    case Activation::kGeluQuick:
      return apply(GeluQuick(), x, rows, columns, stride);
  }
}

Isa activation_compiled_for() noexcept { return kCompiledFor; }

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {
namespace {

struct Name {
  Activation activation;
  std::string_view name;
};
constexpr std::array<Name, 8> kNames = {{{Activation::kNone, "none"},
                                         {Activation::kRelu, "relu"},
                                         {Activation::kGelu, "gelu"},
                                         {Activation::kGeluTanh, "gelu_tanh"},
                                         {Activation::kTanh, "tanh"},
                                         {Activation::kSigmoid, "sigmoid"},
                                         {Activation::kSilu, "silu"},
                                         {Activation::kGeluQuick, "gelu_quick"}}};

}  // namespace

std::string_view name_of(Activation activation) noexcept {
  for (const Name& known : kNames) {
    if (known.activation == activation) return known.name;
  }
  return {};
}

std::optional<Activation> activation_named(std::string_view name) noexcept {
  for (const Name& known : kNames) {
    if (known.name == name) return known.activation;
  }
  return std::nullopt;
}

void activate(Activation activation, float* x, std::size_t rows, std::size_t columns,
              std::size_t stride) noexcept {
  HENSON_PICK(activate_rows)(activation, x, rows, columns, stride);
}

Isa activate_isa() noexcept { return HENSON_PICK(activation_compiled_for)(); }

}  // namespace henson::kernels
#endif
