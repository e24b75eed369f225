// The innermost loop of every product: a tile of y = x·B, held in registers from the first k to the
// last. Included once for each instruction set.
//
// The sum of an element runs over k in order, by fused multiply-add, whatever the tile's height: so
// a row's bits do not depend on the rows beside it, nor on where a sum over k is cut and taken up
// again from memory.
#if defined(HENSON_KERNELS_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HENSON_KERNELS_TILE_INL_H_
#undef HENSON_KERNELS_TILE_INL_H_
#else
#define HENSON_KERNELS_TILE_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>

#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

inline constexpr std::size_t kTileVectors = 2;
inline constexpr std::size_t kTileColumns = kTileVectors * kLanes;
// What the registers hold: 32 of them with AVX-512, else 16.
inline constexpr std::size_t kTileRows = kLanes == 16 ? 14 : 6;

/// How many tiles so many rows make, of nearly the same height: a last one of two rows would wait
/// for its own sums.
HWY_INLINE constexpr std::size_t tiles_of(std::size_t rows) {
  return (rows + kTileRows - 1) / kTileRows;
}

/// What a tile starts from.
enum class Start { kZero, kBias, kResult };

/// Where a tile reads and writes. Strides are in elements.
struct TileOperands {
  const float* x;
  std::size_t x_stride;
  const float* b;  // row k at b + k * b_stride: kTileColumns elements
  std::size_t b_stride;
  std::size_t depth;  // how many k
  const float* bias;  // kTileColumns elements, for Start::kBias
  float* y;
  std::size_t y_stride;
  // With kFetch: what to bring into L2 on the way, so many bytes each k.
  const char* next;
  std::size_t next_step;
};

/// How far ahead of the multiply-adds B is asked for: 8 KB.
inline constexpr std::size_t kPrefetchFloats = 2048;
inline constexpr std::size_t kLineFloats = 16;

template <std::size_t kRows, bool kFetch>
HWY_INLINE void run_tile(const TileOperands& t, Start start) {
  const FloatTag d;
  FloatVector sums[kRows][kTileVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      sums[r][v] = start == Start::kZero   ? hn::Zero(d)
                   : start == Start::kBias ? hn::LoadU(d, t.bias + v * kLanes)
                                           : hn::LoadU(d, t.y + r * t.y_stride + v * kLanes);
    }
  }
  // What is written at the end is asked for at the beginning: results of a wide product are not in
  // L2 (128 rows, 768 -> 2304, Zen 4: 110 against 115 Gop/s).
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    hwy::Prefetch(t.y + r * t.y_stride);
    if constexpr (kTileColumns > kLineFloats) hwy::Prefetch(t.y + r * t.y_stride + kLineFloats);
  }
  const float* b = t.b;
  // A pointer for every four rows: x, x + stride, x + 2 stride and x + 3 stride are addresses of
  // one instruction. With one for each row the general registers run out, and the compiler keeps
  // some in vector registers, at the price of a multiply-add each time (108 against 112 Gop/s, Zen
  // 4).
  constexpr std::size_t kPointers = (kRows + 3) / 4;
  const float* x[kPointers];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPointers; ++i) x[i] = t.x + 4 * i * t.x_stride;
  const std::size_t stride = t.x_stride;
  const char* next = t.next;
  for (std::size_t k = 0; k < t.depth; ++k, b += t.b_stride) {
    FloatVector columns[kTileVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      columns[v] = hn::LoadU(d, b + v * kLanes);
      // Once for each cache line.
      if (v * kLanes % kLineFloats == 0) hwy::Prefetch(b + kPrefetchFloats + v * kLanes);
    }
    if constexpr (kFetch) {
      constexpr int kSecondCache = 2;
      __builtin_prefetch(next, 0, kSecondCache);
      next += t.next_step;
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const FloatVector value = hn::Set(d, x[r / 4][r % 4 * stride]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kTileVectors; ++v) {
        sums[r][v] = hn::MulAdd(value, columns[v], sums[r][v]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPointers; ++i) {
      ++x[i];
      asm("" : "+r"(x[i]));  // else the compiler goes back to a pointer for each row
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      hn::StoreU(sums[r][v], d, t.y + r * t.y_stride + v * kLanes);
    }
  }
}

/// A tile of 1 to kTileRows rows.
template <bool kFetch, std::size_t kRows = kTileRows>
HWY_INLINE void run_tile_of(std::size_t rows, const TileOperands& t, Start start) {
  if (rows == kRows) {
    run_tile<kRows, kFetch>(t, start);
  } else if constexpr (kRows > 1) {
    run_tile_of<kFetch, kRows - 1>(rows, t, start);
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
