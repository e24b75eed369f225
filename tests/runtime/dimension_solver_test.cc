#include "runtime/unlock/dimension_solver.h"

#include <gtest/gtest.h>

namespace henson::runtime {
namespace {

TEST(DimensionSolver, AnUnknownSizeBindsNothing) {
  DimensionSolver solver;
  const Dimension length = solver.input(0, 1, 7);
  const Dimension unknown = Dimension::unknown();
  EXPECT_TRUE(solver.unify(length, unknown));
  EXPECT_EQ(solver.resolve(length), length);
  EXPECT_FALSE(solver.traced(unknown));
  EXPECT_TRUE(solver.derived("half", unknown, length, 3).is_unknown());
  EXPECT_TRUE(solver.inputs_of(unknown).empty());
}

TEST(DimensionSolver, ANumberOfTheCodeBecomesTheInputsSize) {
  DimensionSolver solver;
  const Dimension length = solver.input(0, 1, std::nullopt);
  const Dimension held = solver.constant(14);
  EXPECT_EQ(solver.broadcast(held, length), length);
  EXPECT_EQ(solver.resolve(held), length);
  EXPECT_EQ(solver.traced(length), 14);
}

TEST(DimensionSolver, ANumberThatWasNotTheDummysIsNoSizeOfTheInput) {
  DimensionSolver solver;
  const Dimension length = solver.input(0, 1, 7);
  EXPECT_FALSE(solver.broadcast(solver.constant(14), length));
}

TEST(DimensionSolver, OneIsRepeatedAndNotBound) {
  DimensionSolver solver;
  const Dimension batch = solver.input(0, 0, 1);
  const Dimension one = solver.constant(1);
  EXPECT_EQ(solver.broadcast(one, batch), batch);
  EXPECT_EQ(solver.resolve(one), one);
}

TEST(DimensionSolver, ALiteralBindsTheInput) {
  DimensionSolver solver;
  const Dimension length = solver.input(0, 1, std::nullopt);
  EXPECT_TRUE(solver.unify(length, Dimension::of(512)));
  EXPECT_EQ(solver.resolve(length).literal(), 512);
  EXPECT_FALSE(solver.unify(length, Dimension::of(511)));
}

TEST(DimensionSolver, TheSameDivisionIsTheSameSymbol) {
  DimensionSolver solver;
  const Dimension length = solver.input(0, 1, 8);
  const Dimension two = Dimension::of(2);
  EXPECT_EQ(solver.derived("div", length, two, 4), solver.derived("div", length, two, 4));
}

}  // namespace
}  // namespace henson::runtime
