#include <hwy/base.h>

#include "kernels/dot_product.h"

#if defined(__x86_64__)
#include <immintrin.h>

HWY_PUSH_ATTRIBUTES("sse4.2")
namespace henson::kernels {
namespace {
#include "kernels/dot_tile-inl.h"

struct Sse4 {
  using Sums = __m128i;
  using Floats = __m128;
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kGroups = 1;
  static constexpr std::size_t kApart = 2;
  static constexpr bool kIsInt8 = true;
  static constexpr std::size_t kNumberBytes = 1;

  static Sums zero() { return _mm_setzero_si128(); }
  static Sums numbers(const std::byte* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  /// The same 32 bits in every lane.
  static Sums repeat(const std::byte* from) {
    int bits;
    __builtin_memcpy(&bits, from, sizeof(bits));
    return _mm_set1_epi32(bits);
  }
  static Floats broadcast(float value) { return _mm_set1_ps(value); }
  static Floats load(const float* from) { return _mm_loadu_ps(from); }
  static void store(Floats value, float* to) { _mm_storeu_ps(to, value); }
  static Floats to_floats(Sums sums) { return _mm_cvtepi32_ps(sums); }
  static Floats multiply(Floats a, Floats b) { return _mm_mul_ps(a, b); }
  static Floats add_product(Floats sum, Floats a, Floats b) {
    return _mm_add_ps(sum, _mm_mul_ps(a, b));
  }
  static Floats subtract_product(Floats sum, Floats a, Floats b) {
    return _mm_sub_ps(sum, _mm_mul_ps(a, b));
  }
  static Floats byte_of(const std::byte* from, std::uint32_t index) {
    const __m128i up = _mm_cvtsi32_si128(static_cast<int>(24 - 8 * index));
    return _mm_cvtepi32_ps(_mm_srai_epi32(_mm_sll_epi32(numbers(from), up), 24));
  }

  /// As AVX2's Products.
  static Sums dot(Sums sums, __m128i x, __m128i weights) {
    const __m128i pairs = _mm_maddubs_epi16(x, weights);
    return _mm_add_epi32(sums, _mm_madd_epi16(pairs, _mm_set1_epi16(1)));
  }
  using Products = DotProducts<Sse4>;
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kInt8Sse4{kDotColumns<Sse4>, 127, Sse4::kApart, &multiply_dots<Sse4>,
                          &run_dot_tiles<Sse4>};

}  // namespace henson::kernels
HWY_POP_ATTRIBUTES
#endif
