#include "tools/batch_shape.h"

#include <gtest/gtest.h>

namespace henson::tools {
namespace {

using Lengths = std::vector<std::int64_t>;

TEST(BatchShape, Rectangles) {
  const auto shape = parse_batch_shape("8x128");
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->text, "8x128");
  EXPECT_EQ(shape->lengths, Lengths(8, 128));
  EXPECT_FALSE(shape->ragged);
  EXPECT_EQ(shape->tokens(), 1024);
}

TEST(BatchShape, RangesAreEvenlySpaced) {
  EXPECT_EQ(parse_batch_shape("5x8..16")->lengths, (Lengths{8, 10, 12, 14, 16}));
  EXPECT_EQ(parse_batch_shape("4x1..5")->lengths, (Lengths{1, 2, 4, 5}));
  EXPECT_EQ(parse_batch_shape("1x3..9")->lengths, (Lengths{3}));
  EXPECT_EQ(parse_batch_shape("3x7..7")->lengths, (Lengths{7, 7, 7}));
  const auto many = parse_batch_shape("64x8..128");
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->ragged);
  EXPECT_EQ(many->lengths.front(), 8);
  EXPECT_EQ(many->lengths.back(), 128);
  EXPECT_EQ(many->tokens(), 64 * (8 + 128) / 2);
}

TEST(BatchShape, WhatIsNone) {
  for (const char* const text : {"",          "8",         "x",
                                 "8x",        "x8",        "0x8",
                                 "8x0",       "-1x8",      "8x-1",
                                 "8x128 ",    " 8x128",    "8X128",
                                 "8x128x2",   "8x128..",   "8x128..8",
                                 "8x8...9",   "8x..9",     "8x1.5",
                                 "1048577x1", "1x1048577", "99999999999999999999x1"}) {
    EXPECT_FALSE(parse_batch_shape(text)) << text;
  }
  EXPECT_TRUE(parse_batch_shape("1x1048576"));
}

}  // namespace
}  // namespace henson::tools
