#include "kernels/int8_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

class Int8RowsTest : public IsaTest {};
HENSON_ON_ALL_ISAS(Int8RowsTest);

/// A piece, quantized, and what it says.
struct Piece {
  Piece(std::vector<float> values, int most, std::size_t apart)
      : x(std::move(values)), bytes(round_up_depth(x.size()), 99) {
    quantize_piece(x.data(), x.size(), most, apart, bytes.data(), scale);
    for (std::size_t k = 0; k < x.size(); ++k) {
      told.push_back(scale.scale * (static_cast<float>(bytes[k]) - scale.zero));
    }
    for (std::size_t i = 0; i < apart; ++i) told[scale.at[i]] += scale.apart[i];
  }

  double worst_error() const {
    double worst = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      worst = std::max(worst, std::abs(double{told[k]} - x[k]));
    }
    return worst;
  }

  std::vector<float> x;
  std::vector<std::uint8_t> bytes;
  PieceScale scale{};
  std::vector<float> told;
};

TEST_P(Int8RowsTest, EveryValueIsWithinHalfAStep) {
  for (const std::size_t depth : {1, 2, 7, 8, 9, 33, 100, 384, 767, 768}) {
    for (const int most : {127, 255}) {
      for (std::size_t apart = 0; apart <= kApart; ++apart) {
        const Piece piece(random_floats(depth, -1, 1, 3), most, apart);
        EXPECT_LE(piece.worst_error(), 0.5001 * piece.scale.scale + 1e-12)
            << depth << ", " << most << ", " << apart;
        for (std::size_t k = depth; k < piece.bytes.size(); ++k) EXPECT_EQ(piece.bytes[k], 0);
        EXPECT_LE(*std::max_element(piece.bytes.begin(), piece.bytes.end()), most);
      }
    }
  }
}

TEST_P(Int8RowsTest, TheLargestValuesDoNotWidenTheStep) {
  std::vector<float> values = random_floats(200, -1, 1, 5);
  const Piece without(values, 255, 0);
  values[20] = 70;
  values[150] = -90;
  const Piece apart(values, 255, 2);
  EXPECT_LE(apart.scale.scale, without.scale.scale * 1.0001F);
  EXPECT_EQ(apart.scale.at[0], 20U);
  EXPECT_EQ(apart.scale.apart[0], 70);
  EXPECT_EQ(apart.scale.at[1], 150U);
  EXPECT_EQ(apart.scale.apart[1], -90);
}

TEST_P(Int8RowsTest, EqualLargestValuesAreTakenInTheirOrder) {
  std::vector<float> values(100, 3.0F);
  values[40] = -3;
  const Piece piece(values, 255, 2);
  EXPECT_EQ(piece.scale.at[0], 0U);
  EXPECT_EQ(piece.scale.at[1], 1U);
  EXPECT_LE(piece.worst_error(), 0.5001 * piece.scale.scale);
}

TEST_P(Int8RowsTest, ValuesOfOneSignUseAllNumbers) {
  std::vector<float> values = random_floats(300, -1, 1, 6);
  for (float& value : values) value = std::abs(value);
  const Piece piece(values, 255, 0);
  EXPECT_EQ(piece.scale.zero, 0);
  EXPECT_EQ(*std::max_element(piece.bytes.begin(), piece.bytes.end()), 255);
}

TEST_P(Int8RowsTest, AGivenScaleIsKept) {
  const std::vector<float> values = random_floats(77, -2, 2, 9);
  const PieceScale given{4.0F / 127, 64, {}, {}};
  std::vector<std::uint8_t> bytes(round_up_depth(values.size()), 99);
  quantize_given(values.data(), values.size(), 127, bytes.data(), given);
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double exact = std::clamp<double>(std::nearbyint(values[k] / given.scale + 64), 0, 127);
    EXPECT_NEAR(bytes[k], exact,
                std::abs(values[k] / given.scale - std::floor(values[k] / given.scale) - 0.5) < 1e-3
                    ? 1
                    : 0);
  }
  for (std::size_t k = values.size(); k < bytes.size(); ++k) EXPECT_EQ(bytes[k], 0);
}

TEST_P(Int8RowsTest, RangesHoldZero) {
  for (const std::size_t size : {1, 7, 16, 50}) {
    std::vector<float> values = random_floats(size, 1, 2, 10);
    ValueRange range = value_range(values.data(), size);
    EXPECT_EQ(range.least, 0);
    EXPECT_EQ(range.most, *std::max_element(values.begin(), values.end()));
    EXPECT_TRUE(range.finite);
    values.back() = NAN;
    EXPECT_FALSE(value_range(values.data(), size).finite);
    values.back() = -INFINITY;
    EXPECT_FALSE(value_range(values.data(), size).finite);
  }
}

TEST_P(Int8RowsTest, ZerosAndTheSmallestNumbersAreZero) {
  EXPECT_EQ(Piece(std::vector<float>(50, 0.0F), 127, 2).worst_error(), 0);
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_LE(Piece(std::vector<float>(50, least), 127, 2).worst_error(), least);
}

TEST_P(Int8RowsTest, WhatIsNotFiniteMakesTheScaleNaN) {
  for (const float bad : {INFINITY, -INFINITY, NAN}) {
    for (const std::size_t at : {0, 40, 99}) {
      std::vector<float> values = random_floats(100, -1, 1, 8);
      values[at] = bad;
      EXPECT_TRUE(std::isnan(Piece(values, 255, 1).scale.scale)) << bad << " at " << at;
      values[50] = bad;
      values[51] = bad;
      EXPECT_TRUE(std::isnan(Piece(values, 255, 2).scale.scale));
    }
  }
}

}  // namespace
}  // namespace henson::kernels
