#include "kernels/embedding.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/embedding.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

void sum_vectors_of_rows(const float* const* rows, std::size_t count, float* y,
                         std::size_t columns) noexcept {
  const FloatTag d;
  std::size_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    FloatVector sum = hn::LoadU(d, rows[0] + c);
    for (std::size_t i = 1; i < count; ++i) sum = hn::Add(sum, hn::LoadU(d, rows[i] + c));
    hn::StoreU(sum, d, y + c);
  }
  for (; c < columns; ++c) {
    float sum = rows[0][c];
    for (std::size_t i = 1; i < count; ++i) sum += rows[i][c];
    y[c] = sum;
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

void sum_rows(const float* const* rows, std::size_t count, float* y, std::size_t columns) noexcept {
  HENSON_PICK(sum_vectors_of_rows)(rows, count, y, columns);
}

}  // namespace henson::kernels
#endif
