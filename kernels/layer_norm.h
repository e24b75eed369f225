// Layer normalization over rows, with the residual that comes before it.
#pragma once

#include <cstddef>

namespace henson::kernels {

struct LayerNorm {
  const float* x = nullptr;         // [rows, columns]
  std::size_t x_stride = 0;         // in elements, as all strides
  const float* residual = nullptr;  // likewise, or null
  std::size_t residual_stride = 0;
  float* y = nullptr;  // may be x
  std::size_t y_stride = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;
  const float* weight = nullptr;  // [columns], or null
  const float* bias = nullptr;    // likewise
  float epsilon = 0;
};

/// y = (z - mean(z)) / √(variance(z) + epsilon) · weight + bias with z = x + residual, row by row
/// (Ba, Kiros and Hinton 2016). A row's bits depend on that row alone.
void layer_norm(const LayerNorm& call) noexcept;

/// y = x + residual.
void add_residual(const LayerNorm& call) noexcept;

}  // namespace henson::kernels
