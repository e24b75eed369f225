#include "runtime/unlock/unlock.h"

#include <gtest/gtest.h>

#include "henson/error.h"
#include "runtime/execution/interpreter.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;
using Shape = std::vector<std::int64_t>;

Tensor counting(Shape shape) {
  Tensor tensor = Tensor::empty(system_memory(), DType::kFloat32, shape);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    tensor.mutable_data<float>()[i] = static_cast<float>(i);
  }
  return tensor;
}

/// A graph of one float input [batch, length].
class Unlocked {
 public:
  explicit Unlocked(const std::vector<std::string>& lines, std::optional<Shape> traced = {},
                    const std::vector<loader::Value>& constants = {}) {
    const loader::Value weight = test::stored({64}, std::vector<float>(64, 1));
    archive_ = archive_of(method("x: Tensor", lines), {{"weight", weight}});
    archive_.constants = constants;
    built_ = build_graph(archive_);
    result_ = unlock(built_.graph, {std::move(traced)});
  }

  Shape run(Shape shape) {
    const std::optional<Shape> shapes[] = {shape};
    check_conditions(result_, built_.graph, shapes);
    const Value inputs[] = {counting(shape)};
    return Interpreter(built_.graph).run(inputs)[0].as<Tensor>().sizes();
  }

  std::string refusal(Shape shape) {
    try {
      run(std::move(shape));
    } catch (const Error& error) {
      return error.what();
    }
    return "ran";
  }

  const UnlockResult& result() const { return result_; }

 private:
  loader::Archive archive_;
  BuiltGraph built_;
  UnlockResult result_;
};

TEST(Unlock, ArangeThatIsExpandedToTheInput) {
  Unlocked graph({"p = torch.unsqueeze(torch.arange(14), 0)", "return torch.expand_as(p, x)"});
  EXPECT_EQ(graph.run({1, 14}), (Shape{1, 14}));
  EXPECT_EQ(graph.run({3, 9}), (Shape{3, 9}));
  EXPECT_EQ(graph.result().unlocked.size(), 1U);
  EXPECT_TRUE(graph.result().conditions.empty());
}

/// Whatever the operator: all of them have their rule beside them.
TEST(Unlock, SizesPassThroughEveryElementwiseOperator) {
  for (const std::string name : {"add", "logaddexp", "atan2", "hypot", "fmax", "copysign"}) {
    Unlocked graph({"p = torch.expand_as(torch.unsqueeze(torch.arange(14, dtype=6), 0), x)",
                    "return torch.view(torch." + name + "(p, x), [1, 14, 1])"},
                   Shape{1, 14});
    EXPECT_EQ(graph.run({3, 9}), (Shape{3, 9, 1})) << name;
  }
}

TEST(Unlock, OneRowAloneIsNotTheBatch) {
  const std::vector<std::string> lines = {"return torch.index_select(x, 0, torch.arange(1))"};
  EXPECT_NE(Unlocked(lines).refusal({2, 5}), "ran");  // nothing tells whether the batch was one
  EXPECT_EQ(Unlocked(lines, Shape{3, 5}).run({2, 5}), (Shape{1, 5}));
}

TEST(Unlock, RowsThatAreFewerThanTheDummysAreNotStretched) {
  const std::vector<std::string> lines = {
      "return torch.gather(torch.select(x, 0, 0), 0, torch.arange(2))"};
  EXPECT_EQ(Unlocked(lines, Shape{2, 7}).run({2, 7}), (Shape{2}));
}

TEST(Unlock, ViewWithEverySizeHeld) {
  Unlocked graph({"h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
                  "v = torch.view(h, [4, 16, 4, 16])", "return torch.permute(v, [0, 2, 1, 3])"});
  EXPECT_EQ(graph.run({4, 16}), (Shape{4, 4, 16, 16}));
  EXPECT_EQ(graph.run({2, 5}), (Shape{2, 4, 5, 16}));
}

TEST(Unlock, ConstantThatRepeatsIsStretched) {
  Unlocked graph({"return torch.add(x, CONSTANTS.c0)"}, Shape{1, 3},
                 {test::stored({1, 3}, {2, 2, 2})});
  EXPECT_EQ(graph.run({2, 5}), (Shape{2, 5}));
}

TEST(Unlock, ConstantThatDoesNotRepeatLocks) {
  Unlocked graph({"return torch.add(x, CONSTANTS.c0)"}, Shape{1, 3},
                 {test::stored({1, 3}, {2, 7, 1})});
  EXPECT_EQ(graph.run({1, 3}), (Shape{1, 3}));
  EXPECT_EQ(
      graph.refusal({1, 5}),
      "code/__torch__.py:3: a constant of the archive has this size, and no other fits it; the "
      "archive runs where dimension 1 of input 0 (x) gives 3, and not at 5");
}

TEST(Unlock, RowsTakenOneByOneLock) {
  Unlocked graph(
      {"a = torch.select(x, 0, 0)", "b = torch.select(x, 0, 1)", "return torch.stack([a, b])"},
      Shape{2, 7});
  EXPECT_EQ(graph.run({2, 4}), (Shape{2, 4}));
  EXPECT_NE(graph.refusal({3, 7}).find("row 1 is taken by its number"), std::string::npos);
}

TEST(Unlock, TheFirstTokenIsTheModelsOwnChoice) {
  Unlocked graph({"return torch.select(x, 1, 0)"}, Shape{2, 7});
  EXPECT_EQ(graph.run({5, 3}), (Shape{5}));
}

TEST(Unlock, SliceToTheDummysEndLocksBeyondIt) {
  Unlocked graph({"return torch.slice(x, 1, 0, 7)"}, Shape{2, 7});
  EXPECT_EQ(graph.run({1, 5}), (Shape{1, 5}));
  EXPECT_NE(graph.refusal({1, 9}).find("at most 7, and not at 9"), std::string::npos);
}

TEST(Unlock, MeanOverTheDummysLengthLocks) {
  Unlocked graph({"return torch.div(torch.sum(x, [1]), 7)"}, Shape{2, 7});
  EXPECT_EQ(graph.run({4, 7}), (Shape{4}));
  EXPECT_NE(graph.refusal({4, 6}).find("a sum is divided by 7"), std::string::npos);
}

TEST(Unlock, NumberMadeOfTheDummysLengthLocks) {
  const std::vector<std::string> head = {"h = torch.mul(torch.unsqueeze(x, -1), self.weight)"};
  for (const char* const line : {"return torch.div(h, 2.6457513110645907)",
                                 "return torch.mul(h, 7)", "return torch.sub(h, 6)"}) {
    Unlocked graph({head[0], line}, Shape{2, 7});
    EXPECT_EQ(graph.run({2, 7}), (Shape{2, 7, 64}));
    EXPECT_NE(graph.refusal({2, 9}).find("may be made of the dummy input's size"),
              std::string::npos);
  }
}

TEST(Unlock, ScaleOfAttentionIsTheModelsOwn) {
  Unlocked graph({"h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
                  "s = torch.matmul(h, torch.transpose(h, 1, 2))", "return torch.div(s, 8.)"},
                 Shape{8, 7});
  EXPECT_EQ(graph.run({2, 5}), (Shape{2, 5, 5}));
}

TEST(Unlock, RowsComputedFromNumbersLock) {
  Unlocked graph({"r = torch.arange(6, -1, -1)", "return torch.index_select(x, 1, r)"});
  EXPECT_EQ(graph.run({2, 7}), (Shape{2, 7}));
  EXPECT_NE(graph.refusal({2, 9}).find("row 6 is taken by its number"), std::string::npos);
}

TEST(Unlock, RowsThatCountTheBatchAreAsManyAsItHas) {
  Unlocked graph({"n = torch.sum(torch.gt(x, 0.), [1])", "r = torch.arange(2)",
                  "return torch.index(x, [r, torch.sub(n, 1)])"});
  EXPECT_EQ(graph.run({3, 4}), (Shape{3}));
}

TEST(Unlock, RowThatMayBeInTheMiddleRunsNowhereUntold) {
  Unlocked graph({"return torch.select(x, 1, 3)"});
  EXPECT_NE(graph.refusal({2, 4}).find("does not tell at which shape"), std::string::npos);
  Unlocked traced({"return torch.select(x, 1, 3)"}, Shape{2, 7});
  EXPECT_EQ(traced.run({3, 7}), (Shape{3}));
}

TEST(Unlock, OutputThatTheCodeMakesAloneLocks) {
  Unlocked graph({"return torch.repeat(self.weight, [2, 1])"});
  EXPECT_EQ(graph.run({2, 5}), (Shape{2, 64}));
  EXPECT_NE(graph.refusal({3, 5}).find("an output has the size 2"), std::string::npos);
}

TEST(Unlock, NumbersOfAViewStandInTheOrderOfItsSizes) {
  Unlocked graph({"h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
                  "f = torch.view(h, [-1, 64])", "return torch.view(f, [2, 7, -1])"});
  EXPECT_EQ(graph.run({2, 7}), (Shape{2, 7, 64}));
  EXPECT_NE(graph.refusal({7, 2}), "ran");
}

TEST(Unlock, WindowAsLongAsTheInputLocks) {
  const std::vector<std::string> lines = {
      "return torch.avg_pool1d(torch.unsqueeze(x, 1), [7], [7], [0], False, True)"};
  Unlocked told(lines, Shape{2, 7});
  EXPECT_EQ(told.run({3, 7}), (Shape{3, 1, 1}));
  EXPECT_NE(told.refusal({3, 14}).find("a window of 7"), std::string::npos);
  Unlocked untold(lines);
  EXPECT_NE(untold.refusal({3, 14}).find("a window of 7"), std::string::npos);
  Unlocked small({"return torch.max_pool1d(torch.unsqueeze(x, 1), [3], [1], [1], [1], False)"});
  EXPECT_EQ(small.run({3, 9}), (Shape{3, 1, 9}));
}

TEST(Unlock, IdentityIsAsLargeAsWhatItMeets) {
  Unlocked graph({"s = torch.matmul(x, torch.t(x))", "return torch.sub(s, torch.eye(4))"});
  EXPECT_EQ(graph.run({2, 7}), (Shape{2, 2}));
  Unlocked one({"s = torch.matmul(x, torch.t(x))", "return torch.sub(s, torch.eye(1))"});
  EXPECT_EQ(one.run({1, 7}), (Shape{1, 1}));
  EXPECT_NE(one.refusal({2, 7}).find("eye(1)"), std::string::npos);
}

TEST(Unlock, SliceThatMayBeHalfOrAllButTheEndsLocks) {
  Unlocked half({"return torch.slice(x, 1, 0, 3)"}, Shape{2, 7});
  EXPECT_EQ(half.run({1, 7}), (Shape{1, 3}));
  EXPECT_NE(half.refusal({1, 5}), "ran");
  Unlocked cut({"return torch.slice(x, 1, 1, 6)"});
  EXPECT_EQ(cut.run({1, 7}), (Shape{1, 5}));
  EXPECT_NE(cut.refusal({1, 6}), "ran");
  Unlocked own({"return torch.slice(x, 1, 0, 3)"}, Shape{2, 14});
  EXPECT_EQ(own.run({1, 9}), (Shape{1, 3}));
}

TEST(Unlock, RowsMadeByTheCodeBesideTheInputsLock) {
  Unlocked padded({"z = torch.zeros([2, 13])", "return torch.cat([x, z], 1)"}, Shape{2, 7});
  EXPECT_EQ(padded.run({3, 7}), (Shape{3, 20}));
  EXPECT_NE(padded.refusal({3, 9}).find("rows made by the code"), std::string::npos);
  Unlocked first({"z = torch.zeros([2, 1])", "return torch.cat([z, x], 1)"}, Shape{2, 7});
  EXPECT_EQ(first.run({3, 9}), (Shape{3, 10}));
}

TEST(Unlock, PiecesThatAreTakenApartAreCountedWhenItRuns) {
  Unlocked graph({"a, b, = torch.split(x, 2, 1)", "return torch.cat([b, a], 1)"});
  EXPECT_EQ(graph.run({3, 3}), (Shape{3, 3}));
  EXPECT_NE(graph.refusal({3, 5}), "ran");
}

TEST(Unlock, WindowsAtNumberedPlacesLock) {
  Unlocked graph({"h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
                  "return torch.as_strided(h, [2, 6, 2, 64], [448, 64, 64, 1])"});
  EXPECT_EQ(graph.run({2, 7}), (Shape{2, 6, 2, 64}));
  EXPECT_NE(graph.refusal({2, 9}), "ran");
  EXPECT_NE(graph.refusal({3, 7}), "ran");
}

TEST(Unlock, TableThatIsTooShortNamesTheLimitInTokens) {
  const std::string refusal =
      "code/__torch__.py:4: the input has 65 tokens; this model takes at most 64 (table weight)";
  Unlocked slice(
      {"n = torch.size(x, 1)", "p = torch.slice(self.weight, 0, 0, n)", "return torch.add(x, p)"});
  EXPECT_EQ(slice.run({2, 64}), (Shape{2, 64}));
  EXPECT_EQ(slice.refusal({2, 65}), refusal);
  EXPECT_TRUE(slice.result().unlocked.empty());
  Unlocked rows({"w = torch.unsqueeze(self.weight, -1)",
                 "p = torch.embedding(w, torch.arange(2, torch.add(torch.size(x, 1), 2)))",
                 "return torch.add(torch.unsqueeze(x, -1), p)"});
  EXPECT_NE(rows.refusal({2, 63}).find("takes at most 62 (table weight)"), std::string::npos);
}

TEST(Unlock, PlacesCountedFromTheEndLock) {
  Unlocked half({"return torch.slice(x, 1, -3, 9223372036854775807)"}, Shape{2, 7});
  EXPECT_EQ(half.run({3, 7}), (Shape{3, 3}));
  EXPECT_NE(half.refusal({3, 9}).find("the place -3 from the end"), std::string::npos);
  Unlocked last({"return torch.select(x, 1, -1)"}, Shape{2, 7});
  EXPECT_EQ(last.run({3, 9}), (Shape{3}));
}

TEST(Unlock, CountThatMeetsTheDummysLengthLocks) {
  const std::vector<std::string> lines = {"n = torch.sum(torch.gt(x, 0.), [1])",
                                          "return torch.eq(n, 7)"};
  EXPECT_NE(Unlocked(lines, Shape{2, 7}).refusal({2, 9}), "ran");
  Unlocked untold(lines);
  EXPECT_EQ(untold.run({3, 7}), (Shape{3}));
  EXPECT_NE(untold.refusal({3, 9}), "ran");
}

TEST(Unlock, SizeArithmeticIsNoCoincidence) {
  Unlocked graph(
      {"n = torch.mul(torch.size(x, 0), 4)", "h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
       "return torch.view(h, [n, -1])"},
      Shape{2, 4});
  EXPECT_EQ(graph.run({3, 5}), (Shape{12, 80}));
}

TEST(Unlock, ShiftByHalfOfTheInputLocks) {
  Unlocked graph({"return torch.roll(x, [3], [1])"}, Shape{2, 7});
  EXPECT_EQ(graph.run({3, 7}), (Shape{3, 7}));
  EXPECT_NE(graph.refusal({3, 9}), "ran");
}

TEST(Unlock, RowsOfTheFlatInputLock) {
  Unlocked graph(
      {"h = torch.mul(torch.unsqueeze(x, -1), self.weight)", "f = torch.view(h, [-1, 64])",
       "return torch.index_select(f, 0, torch.arange(0, 14, 7))"},
      Shape{2, 7});
  EXPECT_EQ(graph.run({2, 7}), (Shape{2, 64}));
  EXPECT_NE(graph.refusal({7, 2}), "ran");
}

/// Two rows of the model's own, or as many as the dummy input had: a batch of one is repeated to
/// the ones and is the others.
TEST(Unlock, WhereOneIsRepeatedANumberMayBeTheModelsOwn) {
  for (const std::string line : {"return torch.add(torch.ones([2, 1], dtype=6), x)",
                                 "return torch.expand(torch.sum(x, [1], True), [2, -1])"}) {
    Unlocked untold({line});
    EXPECT_EQ(untold.run({2, 7})[0], 2);
    EXPECT_EQ(untold.run({3, 7})[0], 3);
    EXPECT_NE(untold.refusal({1, 7}).find("cannot be told"), std::string::npos);
    EXPECT_EQ(Unlocked({line}, Shape{2, 7}).refusal({1, 7}), "ran") << line;
  }
  // Elsewhere the code says that it is the batch.
  Unlocked follows({"h = torch.mul(torch.unsqueeze(x, -1), self.weight)",
                    "v = torch.view(h, [2, 7, 4, 16])",
                    "return torch.add(v, torch.ones([2, 7, 1, 1], dtype=6))"});
  EXPECT_EQ(follows.run({1, 9}), (Shape{1, 9, 4, 16}));
}

TEST(Unlock, ASizeByAnotherMustBeWhole) {
  Unlocked graph({"h = torch.repeat_interleave(torch.sum(x, [0]), 2)",
                  "return torch.mul(h, torch.sum(x, [1]))"});
  EXPECT_EQ(graph.run({4, 2}), (Shape{4}));
  EXPECT_NE(graph.refusal({1, 7}).find("no whole number at this shape"), std::string::npos);
}

TEST(Unlock, SizesThatAreComputedNeedNothing) {
  Unlocked graph({"n = torch.size(x, 1)", "return torch.view(x, [-1, n, 1])"});
  EXPECT_EQ(graph.run({3, 4}), (Shape{3, 4, 1}));
  EXPECT_TRUE(graph.result().unlocked.empty());
  EXPECT_TRUE(graph.result().conditions.empty());
}

}  // namespace
}  // namespace henson::runtime
