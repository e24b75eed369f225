#include "kernels/layer_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/layer_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

void add_residual_rows(const LayerNorm& call) noexcept {
  for (std::size_t r = 0; r < call.rows; ++r) {
    const float* const residual =
        call.residual == nullptr ? nullptr : call.residual + r * call.residual_stride;
    sum_row(call.x + r * call.x_stride, residual, call.y + r * call.y_stride, call.columns);
  }
}

void layer_norm_rows(const LayerNorm& call) noexcept {
  for (std::size_t r = 0; r < call.rows; ++r) {
    const float* const residual =
        call.residual == nullptr ? nullptr : call.residual + r * call.residual_stride;
    float* const y = call.y + r * call.y_stride;
    const float sum = sum_row(call.x + r * call.x_stride, residual, y, call.columns);
    normalize_row(y, call.columns, sum, call.weight, call.bias, call.epsilon);
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

void layer_norm(const LayerNorm& call) noexcept { HENSON_PICK(layer_norm_rows)(call); }
void add_residual(const LayerNorm& call) noexcept { HENSON_PICK(add_residual_rows)(call); }

}  // namespace henson::kernels
#endif
