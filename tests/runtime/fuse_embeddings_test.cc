#include <gtest/gtest.h>

#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

Graph fused_after(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, loader::Value>> attributes;
  attributes.emplace_back("words", test::random_weight({9, 4}, 1));
  attributes.emplace_back("positions", test::random_weight({8, 4}, 2));
  attributes.emplace_back("types", test::random_weight({2, 4}, 3));
  attributes.emplace_back("table", test::random_weight({1, 8, 4}, 4));
  attributes.emplace_back("small", test::random_weight({4}, 5));
  const BuiltGraph built = build_graph(test::archive_of(
      test::method("ids: Tensor, types: Tensor, given: Tensor", lines), attributes));
  Graph after = fuse(built.graph);
  const Value inputs[] = {test::int_tensor({2, 3}, {0, 8, 4, 1, 1, 7}),
                          test::int_tensor({2, 3}, {0, 1, 1, 0, 0, 1}),
                          test::random_tensor({2, 3, 4}, 6)};
  test::expect_same(built.graph, after, inputs);
  return after;
}

const std::vector<std::string> kRows = {
    "n = torch.size(ids, 1)", "w = torch.embedding(self.words, ids)",
    "p = torch.embedding(self.positions, torch.unsqueeze(torch.arange(n, dtype=4), 0))",
    "t = torch.embedding(self.types, types)"};

std::vector<std::string> with(std::vector<std::string> lines) {
  lines.insert(lines.begin(), kRows.begin(), kRows.end());
  return lines;
}

const std::string kNorm = "return torch.layer_norm(s, [4], self.small, self.small, 1e-12)";

TEST(FuseEmbeddings, InAnyOrder) {
  for (const std::string sum : {"torch.add(torch.add(w, p), t)", "torch.add(t, torch.add(p, w))",
                                "torch.add_(torch.add(w, t), p)"}) {
    const Graph graph = fused_after(with({"s = " + sum, kNorm}));
    EXPECT_EQ(test::count_of(graph, "henson::embeddings"), 1U) << sum;
    EXPECT_EQ(test::count_of(graph, "aten::embedding"), 0U) << sum;
    EXPECT_EQ(test::count_of(graph, "aten::layer_norm"), 0U) << sum;
    EXPECT_EQ(test::count_of(graph, "aten::add"), 0U) << sum;
  }
}

TEST(FuseEmbeddings, WhatIsGivenIsAnAddend) {
  const Graph graph = fused_after(with({"s = torch.add(torch.add(given, p), t)", kNorm}));
  EXPECT_EQ(test::count_of(graph, "henson::embeddings"), 1U);
  EXPECT_EQ(test::count_of(graph, "aten::add"), 0U);
}

TEST(FuseEmbeddings, ASliceOfATableIsAnAddend) {
  const Graph graph =
      fused_after(with({"s = torch.add(w, torch.slice(self.table, 1, 0, n, 1))", kNorm}));
  EXPECT_EQ(test::count_of(graph, "henson::embeddings"), 1U);
  EXPECT_EQ(test::count_of(graph, "aten::add"), 0U);
}

TEST(FuseEmbeddings, ASumThatIsReadTwiceIsOneStepWithoutItsNorm) {
  const Graph graph = fused_after(with(
      {"s = torch.add(torch.add(w, p), t)",
       "z = torch.layer_norm(s, [4], self.small, self.small, 1e-12)", "return torch.mul(z, s)"}));
  EXPECT_EQ(test::count_of(graph, "henson::embeddings"), 1U);
  EXPECT_EQ(test::count_of(graph, "aten::layer_norm"), 1U);
}

TEST(FuseEmbeddings, OneTableAloneStays) {
  EXPECT_EQ(test::count_of(fused_after(with({"return torch.add(w, given)"})), "aten::embedding"),
            1U);
}

}  // namespace
}  // namespace henson::runtime
