#include "runtime/tensor/dimension.h"

#include <gtest/gtest.h>

#include <limits>

namespace henson::runtime {
namespace {

TEST(Dimension, LiteralsAndSymbolsCompute) {
  const Dimension s = Dimension::of_symbol(0);
  EXPECT_EQ((Dimension::of(3) * Dimension::of(4)).literal(), 12);
  EXPECT_EQ((s - s).literal(), 0);
  EXPECT_EQ(s.symbol(), SymbolId{0});
  EXPECT_FALSE((Dimension::of(2) * s).symbol());
  EXPECT_EQ((Dimension::of(2) * s).coefficient(), 2);
  EXPECT_EQ(s * s + s, s + s * s);
}

TEST(Dimension, DividesExactly) {
  const Dimension s = Dimension::of_symbol(0);
  EXPECT_EQ((Dimension::of(6) * s).divided_by(Dimension::of(3) * s)->literal(), 2);
  const Dimension half = *s.divided_by(Dimension::of(2));
  EXPECT_FALSE(half.coefficient());
  EXPECT_EQ(half * Dimension::of(2), s);
  EXPECT_FALSE(s.divided_by(s + Dimension::of(1)));
}

TEST(Dimension, TellsWhatIsDivided) {
  const Dimension s = Dimension::of_symbol(0);
  EXPECT_TRUE((s * s + Dimension::of(2) * s).is_polynomial());
  EXPECT_FALSE(s.divided_by(Dimension::of(2))->is_polynomial());
  EXPECT_FALSE(s.divided_by(Dimension::of_symbol(1))->is_polynomial());
}

TEST(Dimension, SubstitutesIntoPowers) {
  const Dimension s = Dimension::of_symbol(0);
  const Dimension inverse = *Dimension::of(12).divided_by(s);
  EXPECT_EQ(inverse.substitute(0, Dimension::of(4))->literal(), 3);
  EXPECT_FALSE(inverse.substitute(0, Dimension::of_symbol(1) + Dimension::of(1)));
}

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

TEST(Dimension, WhatLeaves64BitsIsUnknown) {
  const Dimension s = Dimension::of_symbol(0);
  EXPECT_EQ((Dimension::of(kLargest) - Dimension::of(1)).literal(), kLargest - 1);
  EXPECT_EQ((Dimension::of(kLowest) + Dimension::of(1)).literal(), kLowest + 1);
  EXPECT_TRUE((Dimension::of(kLargest) + Dimension::of(1)).is_unknown());
  EXPECT_TRUE((Dimension::of(kLowest) * Dimension::of(-1)).is_unknown());
  EXPECT_TRUE((Dimension::of(kLargest) * s * Dimension::of(2)).is_unknown());
  EXPECT_TRUE(s.divided_by(Dimension::of(kLowest))->is_unknown());
  Dimension power = s;
  for (int i = 0; i < 40; ++i) power = power * power;
  EXPECT_TRUE(power.is_unknown());
  Dimension sum = s;
  for (SymbolId id = 1; id < 5000; ++id) sum = sum + Dimension::of_symbol(id);
  EXPECT_TRUE(sum.is_unknown());
}

TEST(Dimension, AnUnknownOneTellsNothingAndEqualsItsCopies) {
  const Dimension unknown = Dimension::unknown();
  const Dimension copy = unknown;
  EXPECT_EQ(unknown, copy);
  EXPECT_FALSE(unknown == Dimension::unknown());
  EXPECT_FALSE(unknown == Dimension::of(0));
  EXPECT_FALSE(unknown.literal() || unknown.symbol() || unknown.coefficient());
  EXPECT_TRUE(unknown.symbols().empty());
  EXPECT_TRUE((unknown * Dimension::of(0)).is_unknown());
  EXPECT_FALSE(Dimension::of(1).divided_by(unknown));
}

}  // namespace
}  // namespace henson::runtime
