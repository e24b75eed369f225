#include <hwy/base.h>

#include "kernels/dot_product.h"

#if defined(__x86_64__)
#include <immintrin.h>

HWY_PUSH_ATTRIBUTES("avx2,fma,avxvnni")
namespace henson::kernels {
namespace {
#include "kernels/dot_avx2-inl.h"
//
#include "kernels/dot_tile-inl.h"

struct Avx2Vnni : Avx2 {
  static constexpr std::size_t kGroups = 1;
  static constexpr std::size_t kApart = 1;
  static Sums dot(Sums sums, __m256i x, __m256i weights) {
    return reinterpret_cast<Sums>(
        _mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sums), x, weights));
  }
  using Products = DotProducts<Avx2Vnni>;
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kInt8Avx2Vnni{kDotColumns<Avx2Vnni>, 255, Avx2Vnni::kApart,
                              &multiply_dots<Avx2Vnni>, &run_dot_tiles<Avx2Vnni>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
