#include <hwy/base.h>

#include "kernels/dot_product.h"

#if defined(__x86_64__)
#include <immintrin.h>

// GCC takes its own _mm512_undefined for a mistake.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")
namespace henson::kernels {
namespace {
#include "kernels/dot_avx512-inl.h"
//
#include "kernels/dot_tile-inl.h"

struct Avx512Int8 : Avx512 {
  // Not __m512i, which may alias anything: GCC 12 keeps an array of those in memory.
  using Sums = int __attribute__((vector_size(64)));
  static constexpr std::size_t kApart = 1;
  static constexpr bool kIsInt8 = true;
  static constexpr std::size_t kNumberBytes = 1;

  static Sums zero() { return Sums{}; }
  static Floats to_floats(Sums sums) { return _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(sums)); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats add_product(Floats sum, Floats a, Floats b) { return _mm512_fmadd_ps(a, b, sum); }
  static Floats subtract_product(Floats sum, Floats a, Floats b) {
    return _mm512_fnmadd_ps(a, b, sum);
  }
  /// Byte `index` of each lane, as a number.
  static Floats byte_of(const std::byte* from, std::uint32_t index) {
    const __m128i up = _mm_cvtsi32_si128(static_cast<int>(24 - 8 * index));
    return _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_sll_epi32(numbers(from), up), 24));
  }

  static Sums dot(Sums sums, __m512i x, __m512i weights) {
    return reinterpret_cast<Sums>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums), x, weights));
  }
  using Products = DotProducts<Avx512Int8>;
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kInt8Avx512Vnni{kDotColumns<Avx512Int8>, 255, Avx512Int8::kApart,
                                &multiply_dots<Avx512Int8>, &run_dot_tiles<Avx512Int8>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
