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
  struct Products {
    static void add(Sums (&sums)[2], const std::byte* x, const std::byte* weights) {
      const __m256i row = repeat(x);
      for (std::size_t v = 0; v < 2; ++v) {
        sums[v] = reinterpret_cast<Sums>(_mm256_dpbusd_avx_epi32(
            reinterpret_cast<__m256i>(sums[v]), row, numbers(weights + v * sizeof(Sums))));
      }
    }
  };
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kInt8Avx2Vnni{kDotColumns<Avx2Vnni>, 255, Avx2Vnni::kApart,
                              &multiply_dots<Avx2Vnni>, &run_dot_tiles<Avx2Vnni>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
