#include "kernels/convert.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/kernels/isas.h"

namespace henson::kernels {
namespace {

class ConvertTest : public IsaTest {};
HENSON_ON_ALL_ISAS(ConvertTest);

template <class T>
constexpr NarrowType kTypeOf =
    std::is_same_v<T, Eigen::half> ? NarrowType::kFloat16 : NarrowType::kBFloat16;

bool same(float a, float b) { return std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, 4) == 0; }

/// Every number of 16 bits.
template <class T>
void expect_exact_widening() {
  std::vector<std::uint16_t> bits(1 << 16);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  std::vector<float> wide(bits.size());
  widen(kTypeOf<T>, bits.data(), wide.data(), bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    T number;
    std::memcpy(static_cast<void*>(&number), &bits[i], sizeof(number));
    ASSERT_TRUE(same(wide[i], static_cast<float>(number))) << i;
  }
  std::vector<std::uint16_t> back(bits.size());
  narrow(kTypeOf<T>, wide.data(), back.data(), wide.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (!std::isnan(wide[i])) {
      ASSERT_EQ(back[i], bits[i]);
    }
  }
}

/// Between the numbers of 16 bits, halfway too, and in parts of vectors.
template <class T>
void expect_nearest() {
  std::vector<float> numbers{0.0F,     -0.0F,    INFINITY, -INFINITY, NAN,
                             65519.0F, 65520.0F, 1e9F,     -3e38F};
  for (std::uint32_t bits = 0x33000000; bits < 0x48000000; bits += 0x0fff) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    numbers.push_back(value);
    numbers.push_back(-value);
  }
  for (float value = 1; value < 1.02F; value += 1.0F / 4096) numbers.push_back(value);
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{5}, std::size_t{17}, numbers.size()}) {
    std::vector<std::uint16_t> bits(count + 1, 77);
    narrow(kTypeOf<T>, numbers.data(), bits.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const T expected(numbers[i]);
      T number;
      std::memcpy(static_cast<void*>(&number), &bits[i], sizeof(number));
      ASSERT_TRUE(same(static_cast<float>(number), static_cast<float>(expected))) << numbers[i];
    }
    ASSERT_EQ(bits[count], 77);
  }
}

TEST_P(ConvertTest, EveryNumberIsWidenedExactly) {
  expect_exact_widening<Eigen::half>();
  expect_exact_widening<Eigen::bfloat16>();
}

TEST_P(ConvertTest, NarrowsToTheNearest) {
  expect_nearest<Eigen::half>();
  expect_nearest<Eigen::bfloat16>();
}

}  // namespace
}  // namespace henson::kernels
