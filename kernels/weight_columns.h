// Columns of a product, which are rows of the matrices that its weights come from.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/product.h"

namespace henson::kernels {

/// The most columns that a panel of packed weights has.
inline constexpr std::size_t kMostColumns = 32;

/// Where an output column begins, in matrices that lie one below the other.
struct Column {
  const float* data;  // null past the last one
  std::ptrdiff_t stride;

  float at(std::size_t k) const noexcept { return data[static_cast<std::ptrdiff_t>(k) * stride]; }
};

inline Column find_column(std::span<const WeightView> matrices, std::size_t index) noexcept {
  for (const WeightView& matrix : matrices) {
    if (index < matrix.out) {
      return {matrix.data + static_cast<std::ptrdiff_t>(index) * matrix.out_stride,
              matrix.in_stride};
    }
    index -= matrix.out;
  }
  return {nullptr, 0};
}

}  // namespace henson::kernels
