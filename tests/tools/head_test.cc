#include "tools/head.h"

#include <gtest/gtest.h>

namespace henson::tools {
namespace {

WeightInfo weight(const std::string& name, std::vector<std::int64_t> shape,
                  const std::vector<float>& values) {
  WeightInfo info;
  info.name = name;
  info.shape = shape;
  info.storage = "data/" + name;
  info.bytes = values.size() * sizeof(float);
  info.read = [=] {
    return Tensor::copy(DType::kFloat32, shape, std::as_bytes(std::span<const float>(values)));
  };
  return info;
}

WeightInfo table(const std::vector<float>& values) {
  WeightInfo info = weight("table", {3, 2}, values);
  info.is_embedding_table = true;
  return info;
}

WeightInfo linear(const std::string& name, std::vector<std::int64_t> shape,
                  const std::vector<float>& values) {
  WeightInfo info = weight(name, std::move(shape), values);
  info.is_linear_weight = true;
  return info;
}

std::vector<Head> heads(const std::vector<WeightInfo>& weights) { return find_heads(weights); }

TEST(Head, NoneWithoutADecoder) {
  EXPECT_TRUE(heads({}).empty());
  EXPECT_TRUE(heads({table({1, 2, 3, 4, 5, 6})}).empty());
  EXPECT_TRUE(heads({table({1, 2, 3, 4, 5, 6}), linear("pooler", {2, 2}, {1, 2, 3, 4})}).empty());
  // The shape is right, but nothing multiplies by it.
  EXPECT_TRUE(
      heads({table({1, 2, 3, 4, 5, 6}), weight("other", {3, 2}, {1, 2, 3, 4, 5, 6})}).empty());
}

TEST(Head, TiedByOneTensorOrByAliases) {
  WeightInfo both = table({1, 2, 3, 4, 5, 6});
  both.is_linear_weight = true;
  EXPECT_EQ(heads({both}).at(0).state, Head::State::kTied);

  WeightInfo words = table({1, 2, 3, 4, 5, 6});
  WeightInfo decoder = linear("decoder", {3, 2}, {1, 2, 3, 4, 5, 6});
  words.same_as = {"decoder"};
  decoder.same_as = {"table"};
  const Head head = heads({words, decoder}).at(0);
  EXPECT_EQ(head.state, Head::State::kTied);
  EXPECT_EQ(describe(head), "tied: one tensor");
}

TEST(Head, ATransposedViewOfOneStorageIsTied) {
  WeightInfo decoder = linear("decoder", {2, 3}, {1, 3, 5, 2, 4, 6});
  decoder.storage = "data/table";
  const Head head = heads({table({1, 2, 3, 4, 5, 6}), decoder}).at(0);
  EXPECT_EQ(head.state, Head::State::kTied);
  EXPECT_TRUE(head.transposed);
}

TEST(Head, Equal) {
  const Head head =
      heads({table({1, 2, 3, 4, 5, 6}), linear("decoder", {3, 2}, {1, 2, 3, 4, 5, 6})}).at(0);
  EXPECT_EQ(head.state, Head::State::kEqual);
  const Head turned =
      heads({table({1, 2, 3, 4, 5, 6}), linear("decoder", {2, 3}, {1, 3, 5, 2, 4, 6})}).at(0);
  EXPECT_EQ(turned.state, Head::State::kEqual);
  EXPECT_TRUE(turned.transposed);
}

TEST(Head, Diverged) {
  const Head head =
      heads({table({1, 2, 3, 4, 5, 6}), linear("decoder", {3, 2}, {1, 2, 3.5F, 4, 5, 8})}).at(0);
  EXPECT_EQ(head.state, Head::State::kDiverged);
  EXPECT_EQ(head.largest_difference, 2);
  EXPECT_EQ(head.row, 2);
  EXPECT_EQ(head.column, 1);
  EXPECT_EQ(head.differing_rows, 2);
  EXPECT_EQ(describe(head), "diverged: 2 of 3 rows differ, by 2.0e+00 at most (row 2, column 1)");
}

}  // namespace
}  // namespace henson::tools
