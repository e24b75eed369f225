// Layer normalization of one row. Included once for each instruction set.
#if defined(HENSON_KERNELS_LAYER_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HENSON_KERNELS_LAYER_NORM_INL_H_
#undef HENSON_KERNELS_LAYER_NORM_INL_H_
#else
#define HENSON_KERNELS_LAYER_NORM_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>

#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

/// Calls step(column, count, sums) for each vector of a row in order; the sums, of which there are
/// four to keep the adders busy, are added up at the end in one order.
template <class Step>
HWY_INLINE float sum_vectors(std::size_t columns, Step step) {
  const FloatTag d;
  FloatVector sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  std::size_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes) {
    for (std::size_t i = 0; i < 4; ++i) sums[i] = step(c + i * kLanes, kLanes, sums[i]);
  }
  for (; c < columns; c += kLanes) {
    sums[0] = step(c, columns - c < kLanes ? columns - c : kLanes, sums[0]);
  }
  const FloatVector sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

HWY_INLINE FloatVector load(const float* from, std::size_t count) {
  return count == kLanes ? hn::LoadU(FloatTag(), from) : load_part(from, count);
}

HWY_INLINE void store(FloatVector value, float* to, std::size_t count) {
  if (count == kLanes) {
    hn::StoreU(value, FloatTag(), to);
  } else {
    store_part(value, to, count);
  }
}

/// y = x + residual (which may be null); returns the sum of y.
HWY_INLINE float sum_row(const float* x, const float* residual, float* y, std::size_t columns) {
  return sum_vectors(columns, [&](std::size_t c, std::size_t count, FloatVector sum) HWY_ATTR {
    FloatVector value = load(x + c, count);
    if (residual != nullptr) value = hn::Add(value, load(residual + c, count));
    store(value, y + c, count);
    return hn::Add(sum, value);
  });
}

/// In place; `sum` is that of the row.
HWY_INLINE void normalize_row(float* y, std::size_t columns, float sum, const float* weight,
                              const float* bias, float epsilon) {
  const FloatTag d;
  const float size = static_cast<float>(columns);
  const FloatVector mean = hn::Set(d, sum / size);
  const float squares =
      sum_vectors(columns, [&](std::size_t c, std::size_t count, FloatVector total) HWY_ATTR {
        FloatVector off = hn::Sub(load(y + c, count), mean);
        if (count != kLanes) off = hn::IfThenElseZero(hn::FirstN(d, count), off);
        return hn::MulAdd(off, off, total);
      });
  const FloatVector scale = hn::Set(d, 1.0F / std::sqrt(squares / size + epsilon));
  for (std::size_t c = 0; c < columns; c += kLanes) {
    const std::size_t count = columns - c < kLanes ? columns - c : kLanes;
    FloatVector value = hn::Mul(hn::Sub(load(y + c, count), mean), scale);
    const FloatVector shift = bias == nullptr ? hn::Zero(d) : load(bias + c, count);
    if (weight != nullptr) {
      value = hn::MulAdd(value, load(weight + c, count), shift);
    } else {
      value = hn::Add(value, shift);
    }
    store(value, y + c, count);
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
