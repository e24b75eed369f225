#include <hwy/base.h>

#include "kernels/dot_product.h"

#if defined(__x86_64__)
#include <immintrin.h>

HWY_PUSH_ATTRIBUTES("avx2,fma")
namespace henson::kernels {
namespace {
#include "kernels/dot_avx2-inl.h"
//
#include "kernels/dot_tile-inl.h"
}  // namespace

const DotKernel kInt8Avx2{kDotColumns<Avx2>, 127, Avx2::kApart, &multiply_dots<Avx2>,
                          &run_dot_tiles<Avx2>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
