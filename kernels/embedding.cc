#include "kernels/embedding.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/embedding.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

// Numbers widened at a time, in L1.
inline constexpr std::size_t kWidened = 256;

/// y = row, or y += row.
template <bool kFirst>
HWY_INLINE void add_floats(const float* row, float* y, std::size_t columns) {
  const FloatTag d;
  std::size_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    const FloatVector value = hn::LoadU(d, row + c);
    hn::StoreU(kFirst ? value : hn::Add(hn::LoadU(d, y + c), value), d, y + c);
  }
  for (; c < columns; ++c) y[c] = kFirst ? row[c] : y[c] + row[c];
}

template <bool kFirst>
HWY_INLINE void add_row(const TableRow& row, float* y, std::size_t columns) {
  if (!row.narrow) {
    add_floats<kFirst>(static_cast<const float*>(row.data), y, columns);
    return;
  }
  float wide[kWidened];
  for (std::size_t c = 0; c < columns; c += kWidened) {
    const std::size_t count = columns - c < kWidened ? columns - c : kWidened;
    widen(*row.narrow, static_cast<const std::uint16_t*>(row.data) + c, wide, count);
    add_floats<kFirst>(wide, y + c, count);
  }
}

void sum_all_rows(const TableRow* rows, std::size_t count, float* y, std::size_t columns) noexcept {
  add_row<true>(rows[0], y, columns);
  for (std::size_t i = 1; i < count; ++i) add_row<false>(rows[i], y, columns);
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

void sum_rows(const TableRow* rows, std::size_t count, float* y, std::size_t columns) noexcept {
  HENSON_PICK(sum_all_rows)(rows, count, y, columns);
}

}  // namespace henson::kernels
#endif
