#include <gtest/gtest.h>

#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

Graph fused_after(const std::vector<std::string>& lines, Dims input_sizes = {2, 3, 4}) {
  std::vector<std::pair<std::string, loader::Value>> attributes;
  attributes.emplace_back("weight", test::random_weight({6, 4}, 1));
  attributes.emplace_back("back", test::random_weight({4, 6}, 2));
  attributes.emplace_back("bias", test::random_weight({6}, 3));
  attributes.emplace_back("small", test::random_weight({4}, 4));
  attributes.emplace_back("square", test::random_weight({4, 4}, 5));
  const BuiltGraph built =
      build_graph(test::archive_of(test::method("x: Tensor", lines), attributes));
  Graph after = fuse(built.graph);
  const Value inputs[] = {test::random_tensor(std::move(input_sizes), 6)};
  test::expect_same(built.graph, after, inputs);
  return after;
}

TEST(FuseLinear, AllFormsOfAProduct) {
  for (const std::string form :
       {"torch.linear(x, self.weight, self.bias)",
        "torch.add(torch.matmul(x, torch.t(self.weight)), self.bias)",
        "torch.add(self.bias, torch.matmul(x, torch.t(self.weight)), alpha=1)",
        "torch.add_(torch.matmul(x, self.back), self.bias, alpha=1)",
        "torch.matmul(x, self.back)"}) {
    const Graph graph = fused_after({"return " + form});
    EXPECT_EQ(test::count_of(graph, "henson::linear"), 1U) << form;
    EXPECT_EQ(graph.nodes.size(), 1U) << form;
  }
  for (const std::string form :
       {"torch.addmm(self.bias, x, torch.t(self.weight))", "torch.mm(x, self.back)"}) {
    const Graph graph = fused_after({"return " + form}, {3, 4});
    EXPECT_EQ(graph.nodes.size(), 1U) << form;
  }
}

TEST(FuseLinear, WhatIsNoLinearLayerStays) {
  EXPECT_EQ(test::count_of(fused_after({"return torch.matmul(x, torch.transpose(x, 1, 2))"}),
                           "henson::linear"),
            0U);
  EXPECT_EQ(
      test::count_of(fused_after({"return torch.addmm(self.bias, x, self.back, beta=2)"}, {3, 4}),
                     "henson::linear"),
      0U);
}

const std::string kNorm = "torch.layer_norm(s, [4], self.small, self.small, 1e-5)";

TEST(FuseLinear, ResidualAndNorm) {
  const Graph graph =
      fused_after({"y = torch.dropout(torch.linear(x, self.square, self.small), 0.1, False)",
                   "s = torch.add(y, x)", "return " + kNorm});
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(test::count_of(graph, "henson::linear"), 1U);
}

/// LoRA.
TEST(FuseLinear, AProductTimesANumber) {
  for (const std::string form : {"torch.mul(y, 1.5)", "torch.mul(y, torch.tensor(1.5))"}) {
    const Graph graph =
        fused_after({"y = torch.linear(x, self.square, self.small)",
                     "return torch.add(torch.linear(x, self.square, None), " + form + ")"});
    EXPECT_EQ(test::count_of(graph, "aten::mul"), 0U) << form;
    EXPECT_EQ(test::count_of(graph, "henson::linear"), 2U) << form;
    EXPECT_EQ(graph.nodes.size(), 2U) << form;
  }
  const Graph kept = fused_after(
      {"y = torch.linear(x, self.square, self.small)", "return torch.add(torch.mul(y, 1.5), y)"});
  EXPECT_EQ(test::count_of(kept, "aten::mul"), 1U);
  for (const std::string extreme : {"1e-30", "1e30", "0."}) {
    const Graph graph =
        fused_after({"return torch.mul(torch.linear(x, self.square, None), " + extreme + ")"});
    EXPECT_EQ(test::count_of(graph, "aten::mul"), 1U) << extreme;
  }
}

TEST(FuseLinear, AResidualThatBroadcastsIsExact) {
  fused_after({"y = torch.linear(torch.select(x, 1, 0), self.square, None)", "s = torch.add(x, y)",
               "return " + kNorm},
              {3, 3, 4});
}

TEST(FuseLinear, ASumThatIsReadTwiceKeepsItsNormApart) {
  const Graph graph = fused_after({"s = torch.add(torch.linear(x, self.square, None), x)",
                                   "return torch.mul(" + kNorm + ", s)"});
  EXPECT_EQ(test::count_of(graph, "henson::linear"), 1U);
  EXPECT_EQ(test::count_of(graph, "aten::layer_norm"), 1U);
}

TEST(FuseLinear, NotAcrossAWrite) {
  const Graph graph =
      fused_after({"y = torch.linear(x, self.square, None)", "v = torch.select(y, 0, 0)",
                   "w = torch.add_(v, 1)", "return torch.add(y, x)"});
  EXPECT_EQ(test::count_of(graph, "henson::linear"), 0U);
}

TEST(FuseProjections, LinearsOverOneInput) {
  const Graph graph = fused_after(
      {"q = torch.linear(x, self.square, self.small)", "k = torch.linear(x, self.square, None)",
       "w = torch.gelu(torch.linear(x, self.square, torch.neg(self.small)))",
       "return torch.mul(torch.mul(q, k), w)"});
  EXPECT_EQ(test::count_of(graph, "henson::projections"), 1U);
  EXPECT_EQ(test::count_of(graph, "henson::linear"), 1U);
}

TEST(FuseFeedForward, TwoLinears) {
  const Graph graph =
      fused_after({"u = torch.gelu(torch.linear(x, self.weight, self.bias))",
                   "s = torch.add(torch.linear(u, self.back, self.small), x)", "return " + kNorm});
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(test::count_of(graph, "henson::feed_forward"), 1U);
}

TEST(FuseFeedForward, NotWhenTheWideResultIsReadElsewhere) {
  const Graph graph =
      fused_after({"u = torch.relu(torch.linear(x, self.weight, None))",
                   "d = torch.linear(u, self.back, None)", "return torch.cat([u, d], -1)"});
  EXPECT_EQ(test::count_of(graph, "henson::feed_forward"), 0U);
  EXPECT_EQ(test::count_of(graph, "henson::linear"), 2U);
}

}  // namespace
}  // namespace henson::runtime
