#include "tools/tensor_values.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <sstream>

namespace henson::tools {
namespace {

Tensor counting(std::vector<std::int64_t> shape) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  std::iota(values.begin(), values.end(), 0);
  return Tensor::copy(DType::kInt32, std::move(shape), std::as_bytes(std::span(values)));
}

std::string printed(const Tensor& tensor, bool all = false) {
  std::ostringstream out;
  print_values(out, tensor, all);
  return out.str();
}

TEST(TensorValues, MatricesHaveTheirPlacesBesideThem) {
  EXPECT_EQ(printed(counting({2, 3})),
            "     0  1  2\n"
            "  0  0  1  2\n"
            "  1  3  4  5\n");
  EXPECT_EQ(printed(counting({3})),
            "    0  1  2\n"
            "    0  1  2\n");
  EXPECT_EQ(printed(counting({})), "    0\n");
  EXPECT_EQ(printed(counting({2, 0})), "  no elements\n");
}

TEST(TensorValues, OfMoreDimensionsMatrixByMatrix) {
  EXPECT_EQ(printed(counting({2, 1, 2})),
            "  [0]\n"
            "     0  1\n"
            "  0  0  1\n"
            "  [1]\n"
            "     0  1\n"
            "  0  2  3\n");
}

TEST(TensorValues, WhatIsTooMuchIsLeftOutUnlessAllIsAskedFor) {
  const std::string few = printed(counting({100, 50}));
  EXPECT_NE(few.find("  99  4950  4951"), std::string::npos) << few;
  EXPECT_EQ(few.find("4960"), std::string::npos) << few;
  EXPECT_EQ(std::count(few.begin(), few.end(), '\n'), 12);
  const std::string all = printed(counting({100, 50}), true);
  EXPECT_NE(all.find("4960"), std::string::npos);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 101);
}

TEST(TensorValues, AsJson) {
  EXPECT_EQ(values_as_json(counting({2, 2})).dump(), "[[0,1],[2,3]]");
  EXPECT_EQ(values_as_json(counting({})).dump(), "0");
  EXPECT_EQ(values_as_json(counting({2, 0})).dump(), "[[],[]]");
  const std::vector<float> odd{std::numeric_limits<float>::infinity(), 0.5F};
  EXPECT_EQ(values_as_json(Tensor::borrow(odd, {2})).dump(), "[\"inf\",0.5]");
}

}  // namespace
}  // namespace henson::tools
