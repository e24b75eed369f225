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

  struct Products {
    static void add(Sums (&sums)[2], const std::byte* x, const std::byte* weights) {
      const auto row = reinterpret_cast<__m512bh>(repeat(x));
      for (std::size_t v = 0; v < 2; ++v) {
        const auto column = reinterpret_cast<__m512bh>(numbers(weights + v * sizeof(Sums)));
        sums[v] = _mm512_dpbf16_ps(sums[v], row, column);
      }
    }
  };
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kBf16Avx512{kDotColumns<Avx512Bf16>, 0, 0, &multiply_dots<Avx512Bf16>,
                            &run_dot_tiles<Avx512Bf16>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
