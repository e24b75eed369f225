#include "tools/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace henson::tools {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Statistics, Cosine) {
  EXPECT_DOUBLE_EQ(cosine(Floats{1, 0}, Floats{3, 0}), 1);
  EXPECT_DOUBLE_EQ(cosine(Floats{1, 0}, Floats{0, 2}), 0);
  EXPECT_DOUBLE_EQ(cosine(Floats{1, 2}, Floats{-2, -4}), -1);
  EXPECT_DOUBLE_EQ(cosine(Floats{3, 4}, Floats{4, 3}), 24.0 / 25);
  EXPECT_DOUBLE_EQ(cosine(Floats{0, 0}, Floats{0, 0}), 1);
  EXPECT_DOUBLE_EQ(cosine(Floats{0, 0}, Floats{0, 1}), 0);
  EXPECT_TRUE(std::isnan(cosine(Floats{kInfinity, 0}, Floats{1, 1})));
}

TEST(Statistics, RowsAddUp) {
  RowComparison rows;
  rows.add(Floats{3, 4}, Floats{3, 4});
  rows.add(Floats{3, 4}, Floats{4, 3});
  EXPECT_EQ(rows.rows(), 2U);
  EXPECT_TRUE(rows.has_directions());
  EXPECT_DOUBLE_EQ(rows.mean_cosine(), (1 + 24.0 / 25) / 2);
  EXPECT_DOUBLE_EQ(rows.least_cosine(), 24.0 / 25);
  EXPECT_DOUBLE_EQ(rows.agreement(), 0.5);
  EXPECT_DOUBLE_EQ(rows.error(), 1.0 / 4);
}

TEST(Statistics, ErrorsOfSmallNumbersAreAbsolute) {
  RowComparison rows;
  rows.add(Floats{0.25F, 0.5F}, Floats{0.25F, 0.375F});
  EXPECT_DOUBLE_EQ(rows.error(), 0.125);
  rows.add(Floats{-8, 0}, Floats{-8, 0});  // the scale is the largest number of all rows
  EXPECT_DOUBLE_EQ(rows.error(), 0.125 / 8);
}

TEST(Statistics, ANumberAloneHasNoDirection) {
  RowComparison rows;
  rows.add(Floats{2}, Floats{-2});
  EXPECT_FALSE(rows.has_directions());
  EXPECT_DOUBLE_EQ(rows.error(), 2);
}

TEST(Statistics, NumbersThatAreNotFiniteMustBeTheSame) {
  RowComparison same;
  same.add(Floats{-kInfinity, 1, 2, kNaN}, Floats{-kInfinity, 1, 2, kNaN});
  EXPECT_DOUBLE_EQ(same.least_cosine(), 1);
  EXPECT_DOUBLE_EQ(same.error(), 0);
  for (const float other : {kInfinity, kNaN, 5.0F}) {
    RowComparison rows;
    rows.add(Floats{-kInfinity, 1}, Floats{other, 1});
    rows.add(Floats{1, 1}, Floats{1, 1});
    EXPECT_TRUE(std::isnan(rows.least_cosine())) << other;
    EXPECT_TRUE(std::isnan(rows.mean_cosine())) << other;
    EXPECT_TRUE(std::isinf(rows.error())) << other;
  }
}

TEST(Statistics, PairsOfRows) {
  const Doubles cosines = pair_cosines({{1, 0}, {0, 1}, {1, 0}, {3, 4}});
  ASSERT_EQ(cosines.size(), 6U);
  const Doubles expected{0, 1, 0.6, 0, 0.8, 0.6};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_DOUBLE_EQ(cosines[i], expected[i]) << i;
  EXPECT_TRUE(pair_cosines({{1, 0}}).empty());
  EXPECT_TRUE(pair_cosines({}).empty());
}

// scipy.stats.spearmanr gives the same.
TEST(Statistics, RankCorrelation) {
  EXPECT_DOUBLE_EQ(*rank_correlation(Doubles{1, 2, 3, 4}, Doubles{1, 4, 9, 16}), 1);
  EXPECT_DOUBLE_EQ(*rank_correlation(Doubles{1, 2, 3, 4}, Doubles{4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(*rank_correlation(Doubles{1, 2, 3, 4, 5}, Doubles{5, 6, 7, 8, 7}),
                   0.82078268166812329);
  EXPECT_DOUBLE_EQ(*rank_correlation(Doubles{0.1, 0.3, 0.3, 0.2}, Doubles{7, 7, 9, 8}),
                   0.38888888888888895);
}

TEST(Statistics, RanksThatTellNothing) {
  EXPECT_FALSE(rank_correlation(Doubles{1, 2}, Doubles{1, 2}));
  EXPECT_FALSE(rank_correlation(Doubles{1, 1, 1}, Doubles{1, 2, 3}));
  EXPECT_FALSE(rank_correlation(Doubles{1, 2, 3}, Doubles{1, kNaN, 3}));
}

}  // namespace
}  // namespace henson::tools
