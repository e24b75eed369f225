// Rows of activations as 8-bit numbers, for products with 8-bit weights.
//
// A row is cut into pieces of `in`, and each piece has its own scale and zero: x ≈ scale · (q -
// zero). So a row depends on nothing but itself, and nothing has to be calibrated. The kApart
// largest values of a piece would cost the others their precision: they are taken apart, and
// multiplied with the weights as they are. (MiniLM, 200 sentences, mean cosine: symmetric 0.9969;
// with a zero 0.9987; with one value apart 0.9994.)
#pragma once

#include <cstddef>
#include <cstdint>

namespace henson::kernels {

inline constexpr std::size_t kApart = 2;
/// The most values of a piece. Longer rows are cut into pieces of one length, the last excepted.
inline constexpr std::size_t kPieceDepth = 768;

/// How one piece of a row was quantized.
struct PieceScale {
  float scale;               // NaN where a value is not finite: then so is every result
  float zero;                // a whole number
  float apart[kApart];       // values at `at`, where q says 0
  std::uint32_t at[kApart];  // counted within the piece
};

/// The bytes of a piece are padded with zeros to a multiple of this.
inline constexpr std::size_t kInt8Depth = 8;

constexpr std::size_t round_up_depth(std::size_t depth) noexcept {
  return (depth + kInt8Depth - 1) / kInt8Depth * kInt8Depth;
}

/// One piece: `depth` values, at most kPieceDepth, of x to `bytes` (room for
/// round_up_depth(depth)), as numbers from 0 to `most`: 127 or 255. Takes `apart` values apart, at
/// most kApart.
void quantize_piece(const float* x, std::size_t depth, int most, std::size_t apart,
                    std::uint8_t* bytes, PieceScale& scale) noexcept;

/// The same with a scale and a zero that are given, and nothing apart: clamp(round(x / scale +
/// zero)).
void quantize_given(const float* x, std::size_t depth, int most, std::uint8_t* bytes,
                    const PieceScale& scale) noexcept;

struct ValueRange {
  float least = 0;  // at most 0
  float most = 0;   // at least 0
  bool finite = true;
};

/// The range of some values and 0.
ValueRange value_range(const float* x, std::size_t count) noexcept;

}  // namespace henson::kernels
