#include <hwy/base.h>

#include "kernels/dot_product.h"

#if defined(__x86_64__)
#include <immintrin.h>

// GCC takes its own _mm512_undefined for a mistake.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")
namespace henson::kernels {
namespace {
#include "kernels/dot_avx512-inl.h"
//
#include "kernels/dot_tile-inl.h"

struct Avx512Bf16 : Avx512 {
  using Sums = Floats;
  static constexpr bool kIsInt8 = false;
  static constexpr std::size_t kNumberBytes = 2;

  static Sums zero() { return _mm512_setzero_ps(); }

  static Sums dot(Sums sums, __m512i x, __m512i weights) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(x),
                            reinterpret_cast<__m512bh>(weights));
  }
  using Products = DotProducts<Avx512Bf16>;
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kBf16Avx512{kDotColumns<Avx512Bf16>, 0, 0, &multiply_dots<Avx512Bf16>,
                            &run_dot_tiles<Avx512Bf16>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
