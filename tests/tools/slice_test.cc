#include "tools/slice.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tools/command_line.h"

namespace henson::tools {
namespace {

using Shape = std::vector<std::int64_t>;

/// 0, 1, 2, … in this shape.
Tensor counting(Shape shape) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  std::iota(values.begin(), values.end(), 0);
  return Tensor::copy(DType::kInt64, std::move(shape), std::as_bytes(std::span(values)));
}

void expect_taken(const Shape& from, const std::string& subscripts, const Shape& shape,
                  const std::vector<std::int64_t>& values) {
  SCOPED_TRACE(subscripts);
  const Tensor taken = take(counting(from), parse_subscripts(subscripts));
  EXPECT_EQ(taken.shape(), shape);
  const auto found = taken.values<std::int64_t>();
  EXPECT_EQ(std::vector<std::int64_t>(found.begin(), found.end()), values);
}

// The answers are NumPy's, of np.arange(n).reshape(shape).
TEST(Slice, AsNumpyTakesIt) {
  expect_taken({3, 4}, "[0:2, :3]", {2, 3}, {0, 1, 2, 4, 5, 6});
  expect_taken({3, 4}, "0:2,:3", {2, 3}, {0, 1, 2, 4, 5, 6});
  expect_taken({3, 4}, "[-1]", {4}, {8, 9, 10, 11});
  expect_taken({3, 4}, "[-1, -4]", {}, {8});
  expect_taken({3, 4}, "[:, 1]", {3}, {1, 5, 9});
  expect_taken({3, 4}, "[..., 1]", {3}, {1, 5, 9});
  expect_taken({3, 4}, "[1, ...]", {4}, {4, 5, 6, 7});
  expect_taken({3, 4}, "[1,]", {4}, {4, 5, 6, 7});
  expect_taken({6}, "[::2]", {3}, {0, 2, 4});
  expect_taken({6}, "[::-1]", {6}, {5, 4, 3, 2, 1, 0});
  expect_taken({6}, "[4:1:-2]", {2}, {4, 2});
  expect_taken({6}, "[-2:]", {2}, {4, 5});
  expect_taken({6}, "[:-4]", {2}, {0, 1});
  expect_taken({6}, "[-99:99]", {6}, {0, 1, 2, 3, 4, 5});
  expect_taken({6}, "[99:]", {0}, {});
  expect_taken({6}, "[99::-3]", {2}, {5, 2});
  expect_taken({6}, "[4:2]", {0}, {});
  expect_taken({6}, "[1::9223372036854775807]", {1}, {1});
  expect_taken({6}, "[::-9223372036854775808]", {1}, {5});
  expect_taken({2, 0}, "[1]", {0}, {});
  expect_taken({2, 2, 2}, "[:, 0]", {2, 2}, {0, 1, 4, 5});
  expect_taken({2, 2, 2}, "[...]", {2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_taken({}, "[...]", {}, {0});
}

void expect_refused(const Shape& from, const std::string& subscripts, const std::string& words) {
  try {
    take(counting(from), parse_subscripts(subscripts));
    FAIL() << subscripts;
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Slice, OutOfRangeIsRefused) {
  expect_refused({3, 4}, "[3]", "index 3 is out of range: dimension 0 of [3, 4] has 3");
  expect_refused({3, 4}, "[0, -5]", "index -5 is out of range: dimension 1 of [3, 4] has 4");
  expect_refused({3, 4}, "[0, 0, 0]", "too many indices: [3, 4] has 2 dimensions, and 3 are");
  expect_refused({}, "[0]", "too many indices");
  expect_refused({3}, "[..., ...]", "only one `...`");
  expect_refused({3}, "[]", "`` is no index");
  expect_refused({3}, "[x]", "`x` is no index; write it like Python");
  expect_refused({3}, "[1.5]", "`1.5` is no index");
  expect_refused({3}, "[99999999999999999999]", "is no index");
  expect_refused({3}, "[0:1:2:3]", "too many colons");
  expect_refused({3}, "[::0]", "a step of 0");
}

TEST(Slice, NamesEndWhereSubscriptsBegin) {
  EXPECT_EQ(split_name("a.weight").name, "a.weight");
  EXPECT_EQ(split_name("a.weight").subscripts, "");
  EXPECT_EQ(split_name("a.weight [0, :5]").name, "a.weight");
  EXPECT_EQ(split_name("a.weight[0, :5]").subscripts, "[0, :5]");
  EXPECT_EQ(split_name("a[0]b").name, "a[0]b");
}

}  // namespace
}  // namespace henson::tools
