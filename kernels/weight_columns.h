// Columns of a product, which are rows of the matrices that its weights come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// The upper half of a float32's bits, rounded to the nearest, ties to even. NaN stays NaN.
inline std::uint16_t to_bfloat16(float value) noexcept {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

/// Two of them as a panel has them: `first` in the lower half.
inline std::uint32_t bfloat16_pair(float first, float second) noexcept {
  return to_bfloat16(first) | static_cast<std::uint32_t>(to_bfloat16(second)) << 16;
}

}  // namespace henson::kernels
