#include "tools/resident.h"

#include <gtest/gtest.h>

#include <vector>

namespace henson::tools {
namespace {

constexpr std::size_t kMuch = 64U << 20;

TEST(Resident, Grows) {
  const std::uint64_t before = resident_bytes();
  EXPECT_GT(before, 1U << 20);
  const std::vector<char> more(kMuch, 1);
  EXPECT_GE(resident_bytes(), before + kMuch * 9 / 10);
}

TEST(Resident, ThePeakStaysUntilItIsForgotten) {
  const std::vector<char> more(kMuch, 1);
  EXPECT_GE(peak_resident_bytes(), more.size());
  EXPECT_GE(peak_resident_bytes() + kMuch / 8, resident_bytes());
  if (!forget_peak_resident()) GTEST_SKIP() << "the system does not let it be forgotten";
  EXPECT_LE(peak_resident_bytes(), resident_bytes() + kMuch / 8);
}

}  // namespace
}  // namespace henson::tools
