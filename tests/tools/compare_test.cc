#include "tools/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace henson::tools {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor floats(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return Tensor::copy(DType::kFloat32, std::move(shape),
                      std::as_bytes(std::span<const float>(values)));
}
Tensor floats(const std::vector<float>& values) {
  return floats(values, {static_cast<std::int64_t>(values.size())});
}
Tensor integers(const std::vector<std::int64_t>& values) {
  return Tensor::copy(DType::kInt64, {static_cast<std::int64_t>(values.size())},
                      std::as_bytes(std::span<const std::int64_t>(values)));
}

double error_of(const Tensor& ours, const Tensor& theirs) {
  return compare({ours}, {theirs}, "recorded").error;
}

TEST(Compare, TheErrorIsScaledByLargeValuesOnly) {
  EXPECT_DOUBLE_EQ(error_of(floats({0.25F, 0}), floats({0, 0})), 0.25);
  EXPECT_DOUBLE_EQ(error_of(floats({8, 1}), floats({8, 2})), 0.125);
  EXPECT_EQ(error_of(floats({1, 2}), floats({1, 2})), 0);
}

TEST(Compare, NamesTheWorstElement) {
  const Comparison comparison =
      compare({floats({1}), floats({1, 2, 3, 4.5F, 5, 6}, {2, 3})},
              {floats({1}), floats({1, 2, 3, 4, 5, 6.25F}, {2, 3})}, "recorded");
  ASSERT_TRUE(comparison.worst.has_value());
  EXPECT_EQ(comparison.worst->output, 1U);
  EXPECT_EQ(comparison.worst->place, "[1, 0]");
  EXPECT_EQ(comparison.worst->ours, "4.5");
  EXPECT_EQ(comparison.worst->theirs, "4");
}

TEST(Compare, NaNAndInfinityOnlyAtTheSamePlace) {
  EXPECT_EQ(error_of(floats({kNaN, kInf, -kInf}), floats({kNaN, kInf, -kInf})), 0);
  EXPECT_EQ(error_of(floats({kNaN}), floats({1})), kInf);
  EXPECT_EQ(error_of(floats({1}), floats({kNaN})), kInf);
  EXPECT_EQ(error_of(floats({kInf}), floats({-kInf})), kInf);
  EXPECT_EQ(error_of(floats({kInf}), floats({1})), kInf);
  EXPECT_EQ(error_of(floats({1, 3}), floats({kInf, 3})), kInf);
  // An infinity does not make the allowance for the other elements infinite.
  EXPECT_EQ(error_of(floats({kInf, 1}), floats({kInf, 2})), 0.5);
}

TEST(Compare, IntegersMustBeEqual) {
  EXPECT_EQ(error_of(integers({1, 2}), integers({1, 2})), 0);
  const Comparison comparison = compare({integers({1, 2})}, {integers({1, 3})}, "recorded");
  EXPECT_EQ(comparison.error, kInf);
  EXPECT_EQ(comparison.worst->ours, "2");
  // Beyond the integers that a double tells apart.
  EXPECT_EQ(error_of(integers({9007199254740993}), integers({9007199254740992})), kInf);
}

TEST(Compare, Mismatches) {
  EXPECT_EQ(compare({}, {floats({1})}, "recorded").mismatch, "0 outputs, recorded 1");
  EXPECT_EQ(compare({floats({1})}, {floats({1}, {1, 1})}, "recorded").mismatch,
            "output 0 has shape [1], recorded [1, 1]");
  EXPECT_EQ(compare({floats({1})}, {integers({1})}, "recorded").mismatch,
            "output 0 is float32, recorded int64");
  EXPECT_EQ(compare({floats({1})}, {integers({1})}, "recorded").error, kInf);
}

TEST(Compare, ShortFloatsMayBeRecordedAsFloat32) {
  const std::vector<std::uint16_t> half{0x3c00, 0xc100, 0x0001, 0x7c00};
  const std::vector<std::uint16_t> brain{0x3f80, 0xc020};
  const Tensor halves =
      Tensor::copy(DType::kFloat16, {4}, std::as_bytes(std::span<const std::uint16_t>(half)));
  const Tensor brains =
      Tensor::copy(DType::kBFloat16, {2}, std::as_bytes(std::span<const std::uint16_t>(brain)));
  EXPECT_EQ(error_of(halves, floats({1, -2.5F, std::ldexp(1.0F, -24), kInf})), 0);
  EXPECT_EQ(error_of(brains, floats({1, -2.5F})), 0);
  EXPECT_EQ(compare({halves}, {halves}, "recorded").error, 0);
  EXPECT_FALSE(compare({floats({1, 1, 1, 1})}, {halves}, "recorded").mismatch.empty());
}

TEST(Compare, NoElements) { EXPECT_EQ(error_of(floats({}), floats({})), 0); }

}  // namespace
}  // namespace henson::tools
