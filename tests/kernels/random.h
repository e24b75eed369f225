// Random numbers for tests of kernels.
#pragma once

#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

namespace henson::kernels {

inline std::vector<float> random_floats(std::size_t size, float low, float high,
                                        unsigned seed = 7) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(low, high);
  std::vector<float> values(size);
  for (float& value : values) value = numbers(random);
  return values;
}

inline bool same_bits(const float* a, const float* b, std::size_t size) {
  return std::memcmp(a, b, size * sizeof(float)) == 0;
}

}  // namespace henson::kernels
