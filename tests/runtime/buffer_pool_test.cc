#include "runtime/tensor/buffer_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {
namespace {

TEST(BufferPoolTest, PartsDoNotOverlapAndAreAligned) {
  BufferPool pool;
  std::mt19937 random(1);
  std::map<std::byte*, std::size_t> taken;
  for (int i = 0; i < 2000; ++i) {
    if (!taken.empty() && random() % 2 == 0) {
      const auto part = std::next(taken.begin(), static_cast<long>(random() % taken.size()));
      for (std::size_t b = 0; b < part->second; ++b) {
        ASSERT_EQ(part->first[b], static_cast<std::byte>(part->second % 251));
      }
      pool.give_back(part->first);
      taken.erase(part);
      continue;
    }
    const std::size_t size = random() % 5000;
    std::byte* const part = pool.take(size);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(part) % kernels::kAlignment, 0u);
    std::memset(part, static_cast<int>(size % 251), size);
    ASSERT_TRUE(taken.emplace(part, size).second);
  }
}

TEST(BufferPoolTest, GrowsToTheLargestRunAndNoFurther) {
  BufferPool pool;
  const auto run = [&](std::size_t scale) {
    std::vector<std::byte*> parts;
    for (std::size_t i = 1; i <= 5; ++i) parts.push_back(pool.take(i * scale));
    for (std::byte* const part : parts) pool.give_back(part);
    pool.settle();
  };
  run(100000);
  const std::size_t largest = pool.capacity();
  EXPECT_LE(largest, 1500000u + 5 * 64);
  for (std::size_t scale = 1; scale <= 100000; scale += 997) run(scale);
  run(100000);
  EXPECT_EQ(pool.capacity(), largest);
}

TEST(BufferPoolTest, DropsRegionsThatAreFreeRatherThanGrowPastItsLimit) {
  BufferPool pool(1000000);
  std::byte* const first = pool.take(600000);
  pool.give_back(first);
  std::byte* const second = pool.take(700000);
  EXPECT_LE(pool.capacity(), 700000u + kernels::kAlignment);
  pool.give_back(second);
}

}  // namespace
}  // namespace henson::runtime
