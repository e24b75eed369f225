// Activation functions over rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "kernels/isa.h"

namespace henson::kernels {

enum class Activation {
  kNone,
  kRelu,
  kGelu,      // x Φ(x), by the error function (Hendrycks and Gimpel 2016)
  kGeluTanh,  // 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))
  kTanh,
  kSigmoid,
  kSilu,       // x sigmoid(x)
  kGeluQuick,  // x sigmoid(1.702 x)
};

/// As the fused operators name them: "gelu_tanh".
std::string_view name_of(Activation activation) noexcept;
std::optional<Activation> activation_named(std::string_view name) noexcept;

/// In place, on `columns` elements of each row. Within 1e-6 · max(1, |x|) of the function.
void activate(Activation activation, float* x, std::size_t rows, std::size_t columns,
              std::size_t stride) noexcept;

/// Which instruction set the code that `activate` runs was compiled for.
Isa activate_isa() noexcept;

}  // namespace henson::kernels
