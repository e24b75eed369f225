// The vectors that all kernels of float32 use. Included once for each instruction set.
#if defined(HENSON_KERNELS_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HENSON_KERNELS_VECTORS_INL_H_
#undef HENSON_KERNELS_VECTORS_INL_H_
#else
#define HENSON_KERNELS_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>

#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using FloatVector = hn::Vec<FloatTag>;
inline constexpr std::size_t kLanes = hn::MaxLanes(FloatTag());

#if HWY_TARGET == HWY_AVX3
inline constexpr Isa kCompiledFor = Isa::kAvx512;
#elif HWY_TARGET == HWY_AVX2
inline constexpr Isa kCompiledFor = Isa::kAvx2;
#elif HWY_TARGET == HWY_SSE4
inline constexpr Isa kCompiledFor = Isa::kSse4;
#else
inline constexpr Isa kCompiledFor = Isa::kBaseline;
#endif

/// The first `count` elements, fewer than a vector has; zeros behind them. Nothing else is read.
HWY_INLINE FloatVector load_part(const float* from, std::size_t count) {
  const FloatTag d;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#else  // without masks in hardware, Highway reads a whole vector
  float lanes[kLanes] = {};
  std::memcpy(lanes, from, count * sizeof(float));
  return hn::LoadU(d, lanes);
#endif
}

/// The first `count` lanes. Nothing else is written.
HWY_INLINE void store_part(FloatVector value, float* to, std::size_t count) {
  const FloatTag d;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  hn::BlendedStore(value, hn::FirstN(d, count), d, to);
#else
  float lanes[kLanes];
  hn::StoreU(value, d, lanes);
  std::memcpy(to, lanes, count * sizeof(float));
#endif
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
