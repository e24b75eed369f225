// Products of packed rows with packed weights by instructions that add up several products of
// narrow numbers at once: four of 8 bits, or two of bfloat16. One small file for each instruction
// set; dot_tile-inl.h is what they have in common.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/int8_rows.h"
#include "kernels/isa.h"

namespace henson::kernels {

/// Weights lie in panels, as many columns side by side as a tile has; of each column 32 bits at a
/// time, four numbers of 8 bits or two of bfloat16, one below the other along `in`.
inline constexpr std::size_t kDotBytes = 4;

/// Some rows times some panels, over one piece of `in`.
struct DotCall {
  const std::byte* x = nullptr;  // the packed rows' bytes of this piece
  std::size_t x_stride = 0;      // in bytes
  std::size_t rows = 0;
  std::size_t depth_bytes = 0;         // of x and of each column: a multiple of kInt8Depth
  const std::byte* weights = nullptr;  // the first panel's part of this piece
  std::size_t panel_bytes = 0;         // from one panel to the next
  std::size_t columns = 0;             // of the result; the last panel may be cut
  float* y = nullptr;                  // [rows, columns]
  std::size_t y_stride = 0;            // in elements
  const float* bias = nullptr;         // for the columns, or null
  bool add_to_result = false;          // y += …, without bias

  // Of 8-bit numbers alone.
  const std::byte* piece = nullptr;  // the first row's PieceScale; x_stride to the next
  const float* scales = nullptr;     // of the columns, in whole panels
  const float* sums = nullptr;       // Σ of the weights of each column, in whole panels
  // Whether four products fit into 16 bits: see fits_in_pairs.
  bool sums_in_16_bits = false;
};

/// How one instruction set multiplies one type of numbers.
struct DotKernel {
  std::size_t columns;  // of a panel
  int most;             // 8-bit numbers of x go from 0 to this
  std::size_t apart;    // how many values of x to take apart: more, where `most` is lower
  void (*multiply)(const DotCall& call) noexcept;
  /// Multiply-adds of one tile so many times, its operands in L1. Returns their number.
  double (*run_tiles)(std::size_t rounds) noexcept;
};

/// For the active instruction set.
const DotKernel& int8_kernel() noexcept;
/// Null where there is no instruction for it.
const DotKernel* bf16_kernel() noexcept;

// Those of one instruction set. They may run only where it is there.
extern const DotKernel kInt8Baseline;
#if defined(__x86_64__)
extern const DotKernel kInt8Sse4;
extern const DotKernel kInt8Avx2;
extern const DotKernel kInt8Avx2Vnni;
extern const DotKernel kInt8Avx512Vnni;
extern const DotKernel kBf16Avx512;
#endif

}  // namespace henson::kernels
