#include "loader/tensor.h"

#include <gtest/gtest.h>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

StoredTensor float_tensor(std::vector<std::int64_t> shape, std::vector<std::int64_t> strides,
                          std::int64_t offset, std::size_t bytes) {
  StoredTensor tensor;
  tensor.shape = std::move(shape);
  tensor.strides = std::move(strides);
  tensor.offset = offset;
  tensor.storage = std::make_shared<Storage>("data/0", bytes);
  return tensor;
}

std::string bounds_error(const StoredTensor& tensor) {
  return test::error_of([&] { check_bounds(tensor, "t"); });
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

TEST(Storage, IsAlignedAtEverySize) {
  for (const std::size_t bytes : {1U, 63U, 64U, 65U, (4U << 20) - 1, 4U << 20, (6U << 20) + 1}) {
    const Storage storage("data/0", bytes);
    EXPECT_EQ(storage.bytes().size(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage.bytes().data()) % 64, 0U);
  }
  EXPECT_TRUE(Storage("data/0", 0).bytes().empty());
}

TEST(ElementCount, ChecksProducts) {
  const auto count = [](std::vector<std::int64_t> shape) { return element_count(shape); };
  EXPECT_EQ(count({}), 1);
  EXPECT_EQ(count({2, 3, 4}), 24);
  EXPECT_EQ(count({kHuge, kHuge, 0}), 0);
  EXPECT_EQ(count({0, kHuge, kHuge}), 0);
  EXPECT_EQ(count({kHuge, 4}), std::nullopt);
  EXPECT_EQ(count({3, -1}), std::nullopt);
  EXPECT_EQ(count({0, -1}), std::nullopt);
}

TEST(CheckBounds, AcceptsWhatFitsExactly) {
  EXPECT_EQ(bounds_error(float_tensor({2, 3}, {3, 1}, 0, 24)), "");
  EXPECT_EQ(bounds_error(float_tensor({3, 2}, {1, 3}, 0, 24)), "");
  EXPECT_EQ(bounds_error(float_tensor({2, 2}, {3, 1}, 1, 24)), "");
  EXPECT_EQ(bounds_error(float_tensor({1000, 1000}, {0, 0}, 5, 24)), "");
  EXPECT_EQ(bounds_error(float_tensor({}, {}, 5, 24)), "");
  EXPECT_EQ(bounds_error(float_tensor({0, 7}, {7, 1}, 0, 0)), "");
}

TEST(CheckBounds, RefusesWhatReachesOutside) {
  EXPECT_EQ(bounds_error(float_tensor({2, 3}, {3, 1}, 1, 24)),
            "t: a tensor of shape [2, 3], strides [3, 1], offset 1 reaches outside its storage "
            "data/0 of 24 bytes");
  EXPECT_EQ(
      bounds_error(float_tensor({}, {}, 6, 24)),
      "t: a tensor of shape [], strides [], offset 6 reaches outside its storage data/0 of 24 "
      "bytes");
  EXPECT_EQ(bounds_error(float_tensor({2}, {kHuge}, kHuge, 24)),
            "t: a tensor of shape [2], strides [4611686018427387904], offset 4611686018427387904 "
            "reaches outside its storage data/0 of 24 bytes");
}

TEST(CheckBounds, RefusesWhatCannotBe) {
  EXPECT_EQ(bounds_error(float_tensor({2}, {1, 1}, 0, 24)), "t: a tensor of 1 sizes and 2 strides");
  EXPECT_EQ(bounds_error(float_tensor({2}, {-1}, 1, 24)),
            "t: a tensor with a negative stride, [-1]");
  EXPECT_EQ(bounds_error(float_tensor({2}, {1}, -1, 24)), "t: a tensor with a negative offset, -1");
  EXPECT_EQ(bounds_error(float_tensor({-2}, {1}, 0, 24)),
            "t: a tensor whose sizes are negative or overflow, [-2]");
  EXPECT_EQ(bounds_error(float_tensor({kHuge, 2}, {0, 0}, 0, 24)),
            "t: a tensor whose sizes are negative or overflow, [4611686018427387904, 2]");
  EXPECT_EQ(bounds_error(float_tensor(std::vector<std::int64_t>(65, 1),
                                      std::vector<std::int64_t>(65, 1), 0, 24)),
            "t: a tensor of 65 dimensions; at most 64 can be");
}

}  // namespace
}  // namespace henson::loader
