// What the products of AVX-512 have in common. To be included where dot_tile-inl.h may be.

struct Avx512 {
  using Floats = __m512;
  static constexpr std::size_t kLanes = 16;
  static constexpr std::size_t kTileRows = 14;
  static constexpr std::size_t kGroups = 1;

  static __m512i numbers(const std::byte* from) { return _mm512_loadu_si512(from); }
  /// The same 32 bits in every lane.
  static __m512i repeat(const std::byte* from) {
    int bits;
    __builtin_memcpy(&bits, from, sizeof(bits));
    return _mm512_set1_epi32(bits);
  }
  static Floats broadcast(float value) { return _mm512_set1_ps(value); }
  static Floats load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(Floats value, float* to) { _mm512_storeu_ps(to, value); }
};
