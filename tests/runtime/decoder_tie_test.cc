#include <gtest/gtest.h>

#include "runtime/inspection/ties.h"

namespace henson::runtime {
namespace {

using henson::Tensor;

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

std::vector<DecoderTie> ties(const std::vector<WeightInfo>& weights) {
  return find_decoder_ties(weights);
}

TEST(DecoderTie, NoneWithoutADecoder) {
  EXPECT_TRUE(ties({}).empty());
  EXPECT_TRUE(ties({table({1, 2, 3, 4, 5, 6})}).empty());
  EXPECT_TRUE(ties({table({1, 2, 3, 4, 5, 6}), linear("pooler", {2, 2}, {1, 2, 3, 4})}).empty());
  // The shape is right, but nothing multiplies by it.
  EXPECT_TRUE(
      ties({table({1, 2, 3, 4, 5, 6}), weight("other", {3, 2}, {1, 2, 3, 4, 5, 6})}).empty());
}

TEST(DecoderTie, TiedByOneTensorOrByAliases) {
  WeightInfo both = table({1, 2, 3, 4, 5, 6});
  both.is_linear_weight = true;
  EXPECT_EQ(ties({both}).at(0).state, TieState::kTied);

  WeightInfo words = table({1, 2, 3, 4, 5, 6});
  WeightInfo decoder = linear("decoder", {3, 2}, {1, 2, 3, 4, 5, 6});
  words.same_as = {"decoder"};
  decoder.same_as = {"table"};
  const DecoderTie tie = ties({words, decoder}).at(0);
  EXPECT_EQ(tie.state, TieState::kTied);
  EXPECT_EQ(tie.text, "tied: one tensor");
}

TEST(DecoderTie, ATransposedViewOfOneStorageIsTied) {
  WeightInfo decoder = linear("decoder", {2, 3}, {1, 3, 5, 2, 4, 6});
  decoder.storage = "data/table";
  const DecoderTie tie = ties({table({1, 2, 3, 4, 5, 6}), decoder}).at(0);
  EXPECT_EQ(tie.state, TieState::kTied);
  EXPECT_TRUE(tie.transposed);
}

TEST(DecoderTie, Equal) {
  const DecoderTie tie =
      ties({table({1, 2, 3, 4, 5, 6}), linear("decoder", {3, 2}, {1, 2, 3, 4, 5, 6})}).at(0);
  EXPECT_EQ(tie.state, TieState::kEqual);
  const DecoderTie turned =
      ties({table({1, 2, 3, 4, 5, 6}), linear("decoder", {2, 3}, {1, 3, 5, 2, 4, 6})}).at(0);
  EXPECT_EQ(turned.state, TieState::kEqual);
  EXPECT_TRUE(turned.transposed);
}

TEST(DecoderTie, Diverged) {
  const DecoderTie tie =
      ties({table({1, 2, 3, 4, 5, 6}), linear("decoder", {3, 2}, {1, 2, 3.5F, 4, 5, 8})}).at(0);
  EXPECT_EQ(tie.state, TieState::kDiverged);
  EXPECT_EQ(tie.largest_difference, 2);
  EXPECT_EQ(tie.row, 2);
  EXPECT_EQ(tie.column, 1);
  EXPECT_EQ(tie.differing_rows, 2);
  EXPECT_EQ(tie.text,
            "untied and diverged: 2 of 3 rows differ, by 2 at most (row 2, column 1); cosine by "
            "row 0.996 on average, 0.991 at least");
  ASSERT_EQ(tie.moved.size(), 2);
  EXPECT_EQ(tie.moved[0].row, 2);
  EXPECT_EQ(tie.moved[0].distance, 2);
  EXPECT_EQ(tie.moved[1].row, 1);
  EXPECT_EQ(tie.moved[1].distance, 0.5);
}

/// The padding's row has no direction.
TEST(DecoderTie, ARowOfZerosTakesNoPartInCosines) {
  const DecoderTie tie =
      ties({table({0, 0, 3, 4, 5, 6}), linear("decoder", {3, 2}, {1, 0, 3, 4, 5, 6})}).at(0);
  EXPECT_EQ(tie.differing_rows, 1);
  EXPECT_EQ(tie.smallest_cosine, 1);
  EXPECT_EQ(tie.mean_cosine, 1);
}

WeightInfo stored(const std::string& name, const std::vector<float>& values) {
  WeightInfo info = weight(name, {static_cast<std::int64_t>(values.size())}, values);
  info.strides = {1};
  return info;
}

TEST(Shared, TiedAndEqualTensorsAreGrouped) {
  WeightInfo alias = stored("alias", {1, 2, 3, 4});
  alias.storage = "data/a";
  const std::vector<WeightInfo> weights = {stored("a", {1, 2, 3, 4}), alias, stored("b", {5, 6}),
                                           stored("c", {5, 6}), stored("d", {5, 7})};
  const std::map<std::string, StorageFacts> storages = {
      {"data/a", {16, 1}}, {"data/b", {8, 2}}, {"data/c", {8, 2}}, {"data/d", {8, 2}}};
  const std::vector<SharedGroup> groups = find_shared(weights, storages);
  ASSERT_EQ(groups.size(), 2);
  EXPECT_TRUE(groups[0].tied);
  EXPECT_EQ(groups[0].names, (std::vector<std::string>{"a", "alias"}));
  EXPECT_EQ(groups[0].saved, 16);
  EXPECT_FALSE(groups[1].tied);
  EXPECT_EQ(groups[1].names, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(groups[1].saved, 8);
}

}  // namespace
}  // namespace henson::runtime
