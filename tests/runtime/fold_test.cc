#include <gtest/gtest.h>

#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

Graph folded(const std::vector<std::string>& lines, void (*pass)(Graph&) = fold) {
  const BuiltGraph built = build_graph(test::archive_of(
      test::method("x: Tensor", lines),
      {{"weight", test::random_weight({3, 4}, 1)}, {"mask", test::random_weight({3, 4}, 2)}}));
  Graph after = built.graph;
  pass(after);
  const Value inputs[] = {test::random_tensor({2, 3, 4}, 3)};
  test::expect_same(built.graph, after, inputs, 0);
  return after;
}

TEST(Fold, WhatFollowsFromWeightsAlone) {
  const Graph graph = folded(
      {"w = torch.mul(self.weight, self.mask)", "a, b, c = torch.unbind(torch.t(torch.t(w)), 0)",
       "n = torch.size(self.weight, 1)", "return torch.mul(torch.add(x, a), torch.add(b, n))"});
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(Fold, ViewsOfWeightsShareTheirElements) {
  const Graph graph = folded({"return torch.matmul(x, torch.t(self.weight))"});
  ASSERT_EQ(graph.nodes.size(), 1U);
  const Value& weight = *graph.values[graph.nodes[0].inputs[1]].constant;
  EXPECT_TRUE(weight.as<Tensor>().buffer()->read_only());
}

TEST(Fold, LargeTensorsOfSmallOnesAreMadeWhenTheyAreNeeded) {
  EXPECT_EQ(folded({"z = torch.zeros([2000, 1000], dtype=6)",
                    "return torch.add(x, torch.select(torch.select(z, 0, 0), 0, 0))"})
                .nodes.size(),
            4U);
  EXPECT_EQ(folded({"z = torch.repeat(self.weight, [600, 600])",
                    "return torch.add(x, torch.select(torch.select(z, 0, 0), 0, 0))"})
                .nodes.size(),
            4U);
}

TEST(Fold, EqualComputationsBecomeOne) {
  const Graph graph =
      folded({"a = torch.relu(torch.mul(x, 2.0))", "b = torch.relu(torch.mul(x, 2.0))",
              "c = torch.relu(torch.mul(x, 2))", "return torch.add(torch.mul(a, b), c)"});
  EXPECT_EQ(test::count_of(graph, "aten::relu"), 2U);  // 2 and 2.0 are not the same number
}

TEST(Fold, StepsThatChangeNothing) {
  const Graph graph = folded(
      {"y = torch.add(self.weight, x)", "y = torch.to(y, 6)", "y = torch.dropout(y, 0.5, False)",
       "y = torch.contiguous(torch.detach(y))", "return torch.clone(torch.to(y, dtype=7))"});
  EXPECT_EQ(test::count_of(graph, "aten::to"), 2U);  // x's dtype is not known here
}

/// Operators whose result is of another dtype than their first argument: the cast back stays.
TEST(Fold, CastsThatChangeTheDtype) {
  for (const std::string expression :
       {"torch.cumsum(i, 1)", "torch.clamp_min(i, 0.5)", "torch.clamp(i, 0.5, 2.5)",
        "torch.bitwise_and(i, torch.to(x, 4))", "torch.__or__(i, torch.to(x, 4))"}) {
    folded({"i = torch.to(x, 3)", "c = torch.to(" + expression + ", 3)",
            "return torch.to(torch.floor_divide(c, 2), 6)"},
           [](Graph& graph) {
             infer_dtypes(graph);
             fold(graph);
             EXPECT_EQ(test::count_of(graph, "aten::to") >= 3, true);
           });
  }
}

TEST(Fold, SizesThatPassThroughTensors) {
  const Graph graph = folded({"n = ops.prim.NumToTensor(torch.size(x, 0))", "m = int(n)",
                              "return torch.reshape(x, [m, -1])"});
  EXPECT_EQ(test::count_of(graph, "aten::Int"), 0U);
  EXPECT_EQ(graph.nodes.size(), 3U);
}

TEST(Fold, AViewOfWhatWasMadeContiguousStillWorks) {
  const Graph graph =
      folded({"return torch.view(torch.contiguous(torch.transpose(x, 0, 1)), [3, 8])"});
  EXPECT_EQ(test::count_of(graph, "aten::contiguous"), 0U);
}

TEST(Fold, WhatIsWrittenStays) {
  const Graph graph =
      folded({"a = torch.mul(x, 2.0)", "b = torch.mul(x, 2.0)", "c = torch.contiguous(a)",
              "d = torch.add_(torch.select(a, 0, 0), 1)", "return torch.add(torch.mul(a, b), c)"});
  EXPECT_EQ(test::count_of(graph, "aten::mul"), 3U);
  EXPECT_EQ(test::count_of(graph, "aten::contiguous"), 1U);
}

Graph without_writes(const std::vector<std::string>& lines) {
  return folded(lines, [](Graph& graph) {
    infer_dtypes(graph);
    functionalize(graph);
  });
}

TEST(RemoveWrites, OfValuesThatNothingElseSees) {
  const Graph graph = without_writes(
      {"y = torch.matmul(torch.add(self.weight, self.mask), torch.t(self.weight))",
       "z = torch.mul_(torch.add_(y, 1.0), 2.0)", "return torch.add(z, torch.sum(x))"});
  EXPECT_EQ(test::count_of(graph, "aten::add_") + test::count_of(graph, "aten::mul_"), 0U);
}

TEST(RemoveWrites, NotWhenAnAliasIsReadLater) {
  const Graph graph = without_writes({"y = torch.mul(self.weight, self.mask)", "v = torch.t(y)",
                                      "z = torch.add_(y, 1.0)",
                                      "return torch.add(torch.matmul(z, v), torch.sum(x))"});
  EXPECT_EQ(test::count_of(graph, "aten::add_"), 1U);
}

TEST(RemoveWrites, NotOfInputsOrWeightsOrWhatIsReadLater) {
  EXPECT_EQ(test::count_of(without_writes({"return torch.add_(x, self.weight)"}), "aten::add_"),
            1U);
  EXPECT_EQ(
      test::count_of(without_writes({"y = torch.mul(self.weight, 2.0)", "z = torch.add_(y, 1.0)",
                                     "return torch.add(torch.mul(z, y), x)"}),
                     "aten::add_"),
      1U);
}

}  // namespace
}  // namespace henson::runtime
