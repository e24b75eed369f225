// 8-bit products by AVX2, and what AVX2 and AVX-VNNI have in common. To be included where
// dot_tile-inl.h may be.

struct Avx2 {
  // Not __m256i, which may alias anything: GCC 12 keeps an array of those in memory.
  using Sums = int __attribute__((vector_size(32)));
  using Floats = __m256;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kGroups = 2;
  static constexpr std::size_t kApart = 2;
  static constexpr bool kIsInt8 = true;
  static constexpr std::size_t kNumberBytes = 1;

  static Sums zero() { return Sums{}; }
  static __m256i numbers(const std::byte* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  /// The same 32 bits in every lane.
  static __m256i repeat(const std::byte* from) {
    int bits;
    __builtin_memcpy(&bits, from, sizeof(bits));
    return _mm256_set1_epi32(bits);
  }
  static Floats broadcast(float value) { return _mm256_set1_ps(value); }
  static Floats load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(Floats value, float* to) { _mm256_storeu_ps(to, value); }
  static Floats to_floats(Sums sums) { return _mm256_cvtepi32_ps(reinterpret_cast<__m256i>(sums)); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats add_product(Floats sum, Floats a, Floats b) { return _mm256_fmadd_ps(a, b, sum); }
  static Floats subtract_product(Floats sum, Floats a, Floats b) {
    return _mm256_fnmadd_ps(a, b, sum);
  }
  /// Byte `index` of each lane, as a number.
  static Floats byte_of(const std::byte* from, std::uint32_t index) {
    const __m128i up = _mm_cvtsi32_si128(static_cast<int>(24 - 8 * index));
    return _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_sll_epi32(numbers(from), up), 24));
  }

  /// Two products in 16 bits, then two of these in 32. Nothing saturates: x is at most 127, and
  /// 2 · 127 · 127 < 2^15.
  struct Products {
    static void add(Sums (&sums)[2], const std::byte* x, const std::byte* weights) {
      const __m256i ones = _mm256_set1_epi16(1);
      for (std::size_t group = 0; group < 2; ++group) {
        const __m256i row = repeat(x + group * kDotBytes);
        for (std::size_t v = 0; v < 2; ++v) {
          const __m256i column = numbers(weights + (2 * group + v) * sizeof(Sums));
          const __m256i pairs = _mm256_maddubs_epi16(row, column);
          sums[v] += reinterpret_cast<Sums>(_mm256_madd_epi16(pairs, ones));
        }
      }
    }
  };
  /// Four products in 16 bits, then two of these in 32.
  struct PairedProducts {
    static void add(Sums (&sums)[2], const std::byte* x, const std::byte* weights) {
      const __m256i ones = _mm256_set1_epi16(1);
      const __m256i first = repeat(x);
      const __m256i second = repeat(x + kDotBytes);
      for (std::size_t v = 0; v < 2; ++v) {
        const std::byte* const column = weights + v * sizeof(Sums);
        const __m256i fours =
            _mm256_add_epi16(_mm256_maddubs_epi16(first, numbers(column)),
                             _mm256_maddubs_epi16(second, numbers(column + 2 * sizeof(Sums))));
        sums[v] += reinterpret_cast<Sums>(_mm256_madd_epi16(fours, ones));
      }
    }
  };
};
