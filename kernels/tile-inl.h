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
#include <cstdint>

#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

inline constexpr std::size_t kTileVectors = 2;
inline constexpr std::size_t kTileColumns = kTileVectors * kLanes;
// What the registers hold: 32 of them with AVX-512, else 16.
inline constexpr std::size_t kTileRows = kLanes == 16 ? 14 : 6;
// Of pairs of bfloat16, which want registers to be made floats in (6 rows: 70 against 97 Gop/s, Zen
// 3).
inline constexpr std::size_t kWidenedTileRows = kLanes == 16 ? 14 : 5;

/// How many tiles so many rows make, of nearly the same height: a last one of two rows would wait
/// for its own sums.
HWY_INLINE constexpr std::size_t tiles_of(std::size_t rows, std::size_t most = kTileRows) {
  return (rows + most - 1) / most;
}

/// What a tile starts from.
enum class Start { kZero, kBias, kResult };

/// What a tile reads of B: for each k a float of each column, or for every two a pair of bfloat16.
struct BFloat16Pair {
  std::uint32_t bits;  // the first k's in the lower half
};

/// How many k an element of B has, and how many rows a tile has at most.
template <class B>
inline constexpr std::size_t kDepthOf = 1;
template <>
inline constexpr std::size_t kDepthOf<BFloat16Pair> = 2;
template <class B>
inline constexpr std::size_t kMostRows = kDepthOf<B> == 1 ? kTileRows : kWidenedTileRows;

/// Where a tile reads and writes. Strides are in elements.
template <class B>
struct TileOperandsOf {
  const float* x;
  std::size_t x_stride;
  const B* b;  // row k, or pair of rows, at b + k * b_stride: kTileColumns elements
  std::size_t b_stride;
  std::size_t depth;  // how many k
  const float* bias;  // kTileColumns elements, for Start::kBias
  float* y;
  std::size_t y_stride;
  // With kFetch: what to bring into L2 on the way, so many bytes each k.
  const char* next;
  std::size_t next_step;
};
using TileOperands = TileOperandsOf<float>;

/// How far ahead of the multiply-adds B is asked for: 8 KB.
inline constexpr std::size_t kPrefetchFloats = 2048;
inline constexpr std::size_t kLineFloats = 16;

/// What a tile holds in registers.
template <std::size_t kRows>
using TileSums = FloatVector[kRows][kTileVectors];

template <std::size_t kRows, class B>
HWY_INLINE void start_tile(const TileOperandsOf<B>& t, Start start, TileSums<kRows>& sums) {
  const FloatTag d;
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
}

/// The rows of x. A pointer for every four: x, x + stride, x + 2 stride and x + 3 stride are
/// addresses of one instruction. With one for each row the general registers run out, and the
/// compiler keeps some in vector registers, at the price of a multiply-add each time (108 against
/// 112 Gop/s, Zen 4).
template <std::size_t kRows>
struct TileRows {
  static constexpr std::size_t kPointers = (kRows + 3) / 4;
  const float* x[kPointers];
  std::size_t stride;

  HWY_INLINE TileRows(const float* first, std::size_t row_stride) : stride(row_stride) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPointers; ++i) x[i] = first + 4 * i * stride;
  }
  HWY_INLINE FloatVector at(std::size_t r) const {
    return hn::Set(FloatTag(), x[r / 4][r % 4 * stride]);
  }
  /// To the next k.
  HWY_INLINE void advance() {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPointers; ++i) {
      ++x[i];
      asm("" : "+r"(x[i]));  // else the compiler goes back to a pointer for each row
    }
  }
};

/// sums += one k of x times one row of B.
template <std::size_t kRows>
HWY_INLINE void add_products(const TileRows<kRows>& x, const FloatVector (&columns)[kTileVectors],
                             TileSums<kRows>& sums) {
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    const FloatVector value = x.at(r);
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      sums[r][v] = hn::MulAdd(value, columns[v], sums[r][v]);
    }
  }
}

/// The second number of each pair, as a float: with zeros for its lower half. (By a mask it would
/// take a register that AVX2 has not.)
template <class V>
HWY_INLINE FloatVector upper_halves(V pairs) {
#if HWY_TARGET == HWY_SCALAR
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::ShiftRight<16>(pairs)));
#else
  const hn::RepartitionToNarrow<hn::RebindToUnsigned<FloatTag>> halves;
  return hn::BitCast(FloatTag(), hn::OddEven(hn::BitCast(halves, pairs), hn::Zero(halves)));
#endif
}

/// The first k of a row of pairs, or the second.
template <bool kSecond>
HWY_INLINE void widen_pairs(const BFloat16Pair* b, FloatVector (&columns)[kTileVectors]) {
  const hn::RebindToUnsigned<FloatTag> du;
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kTileVectors; ++v) {
    const auto pairs = hn::LoadU(du, &b[v * kLanes].bits);
    if constexpr (kSecond) {
      columns[v] = upper_halves(pairs);
    } else {
      columns[v] = hn::BitCast(FloatTag(), hn::ShiftLeft<16>(pairs));
    }
  }
}

/// Asks for what comes later: once for each cache line.
template <class B>
HWY_INLINE void fetch_ahead(const B* b) {
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kTileVectors; ++v) {
    if (v * kLanes % kLineFloats == 0) hwy::Prefetch(b + kPrefetchFloats + v * kLanes);
  }
}

template <std::size_t kRows, bool kFetch, class B>
HWY_INLINE void run_tile(const TileOperandsOf<B>& t, Start start) {
  const FloatTag d;
  TileSums<kRows> sums;
  start_tile<kRows>(t, start, sums);
  TileRows<kRows> x(t.x, t.x_stride);
  const B* b = t.b;
  const char* next = t.next;
  FloatVector columns[kTileVectors];
  for (std::size_t k = 0; k + kDepthOf<B> <= t.depth; k += kDepthOf<B>, b += t.b_stride) {
    fetch_ahead(b);
    if constexpr (kFetch) {
      constexpr int kSecondCache = 2;
      __builtin_prefetch(next, 0, kSecondCache);
      next += t.next_step;
    }
    if constexpr (kDepthOf<B> == 1) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kTileVectors; ++v) columns[v] = hn::LoadU(d, b + v * kLanes);
      add_products<kRows>(x, columns, sums);
    } else {
      widen_pairs<false>(b, columns);
      add_products<kRows>(x, columns, sums);
      x.advance();
      // Else the compiler widens both at once, and AVX2 has not the registers (70 against 98 Gop/s,
      // Zen 3).
      asm volatile("" : "+r"(b));
      widen_pairs<true>(b, columns);
      add_products<kRows>(x, columns, sums);
    }
    x.advance();
  }
  if constexpr (kDepthOf < B >> 1) {
    if (t.depth % kDepthOf<B> != 0) {  // x has no second one
      widen_pairs<false>(b, columns);
      add_products<kRows>(x, columns, sums);
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

/// A tile of 1 to kMostRows rows.
template <bool kFetch, class B, std::size_t kRows = kMostRows<B>>
HWY_INLINE void run_tile_of(std::size_t rows, const TileOperandsOf<B>& t, Start start) {
  if (rows == kRows) {
    run_tile<kRows, kFetch>(t, start);
  } else if constexpr (kRows > 1) {
    run_tile_of<kFetch, B, kRows - 1>(rows, t, start);
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
