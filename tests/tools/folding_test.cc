#include "tools/folding.h"

#include <gtest/gtest.h>

namespace henson::tools {
namespace {

using Lines = std::vector<std::string>;
using Folds = std::vector<Fold>;

bool always(std::size_t, std::size_t) { return true; }

TEST(Folding, NamesAreSplitAtTheirFirstNumberBehindAPart) {
  const auto name = split_number("encoder.layer.11.output.2.weight");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->prefix, "encoder.layer.");
  EXPECT_EQ(name->number, 11U);
  EXPECT_EQ(name->suffix, ".output.2.weight");
  EXPECT_FALSE(split_number("embeddings.weight"));
  EXPECT_FALSE(split_number("0.weight"));
  EXPECT_FALSE(split_number("layer.12x.weight"));
  EXPECT_FALSE(split_number("layer.3"));
  EXPECT_FALSE(split_number("layer.99999999999999999999.weight"));
  EXPECT_FALSE(split_number(""));
}

TEST(Folding, LayersThatAreAlike) {
  const Lines names{"e.weight", "l.0.w", "l.0.b", "l.1.w",   "l.1.b",
                    "l.2.w",    "l.2.b", "l.3.w", "p.weight"};
  EXPECT_EQ(fold_layers(names, always), (Folds{{0, 1, 1}, {1, 2, 3}, {7, 1, 1}, {8, 1, 1}}));
}

TEST(Folding, LayersThatDifferAreNot) {
  const Lines names{"l.0.w", "l.0.b", "l.1.w", "l.1.b", "l.2.w", "l.2.x"};
  EXPECT_EQ(fold_layers(names, always), (Folds{{0, 2, 2}, {4, 2, 1}}));
  const auto other_bias = [](std::size_t, std::size_t b) { return b != 3; };
  EXPECT_EQ(fold_layers(names, other_bias), (Folds{{0, 2, 1}, {2, 2, 1}, {4, 2, 1}}));
  EXPECT_EQ(fold_layers(Lines{"a.0.w", "b.1.w"}, always), (Folds{{0, 1, 1}, {1, 1, 1}}));
  EXPECT_TRUE(fold_layers({}, always).empty());
}

TEST(Folding, RepeatsInTheGroupsThatCoverTheMost) {
  EXPECT_EQ(fold_repeats(Lines{"x", "a", "b", "a", "b", "a", "b", "y"}),
            (Folds{{0, 1, 1}, {1, 2, 3}, {7, 1, 1}}));
  EXPECT_EQ(fold_repeats(Lines{"a", "a", "b", "a", "a", "b"}), (Folds{{0, 3, 2}}));
  EXPECT_EQ(fold_repeats(Lines{"a", "a", "a", "b"}), (Folds{{0, 1, 3}, {3, 1, 1}}));
  EXPECT_EQ(fold_repeats(Lines{"a", "b", "a"}), (Folds{{0, 1, 1}, {1, 1, 1}, {2, 1, 1}}));
  EXPECT_TRUE(fold_repeats({}).empty());
}

}  // namespace
}  // namespace henson::tools
