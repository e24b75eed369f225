#include "runtime/analysis/input_roles.h"

#include <gtest/gtest.h>

#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;
using test::stored;

std::vector<float> zeros(std::size_t count) { return std::vector<float>(count); }

/// A graph over tables of words (9 rows), positions (6) and token types (2), all of width 2.
Graph graph_of(const std::string& parameters, const std::vector<std::string>& lines) {
  const loader::Archive archive =
      archive_of(method(parameters, lines), {
                                                {"words", stored({9, 2}, zeros(18))},
                                                {"places", stored({6, 2}, zeros(12))},
                                                {"types", stored({2, 2}, zeros(4))},
                                                {"biases", stored({5, 1}, zeros(5))},
                                            });
  return build_graph(archive, {}).graph;
}

TEST(InputRoles, AreWhatTheCodeDoesAndNotWhatNamesSay) {
  const Graph graph =
      graph_of("mask: Tensor, input_ids: Tensor, unread: Tensor, c: Tensor, d: Tensor",
               {"x = torch.embedding(self.types, torch.slice(input_ids, 1, 0, 4))",
                "y = torch.add(x, torch.embedding(self.words, torch.to(mask, 4)))",
                "z = torch.add(y, torch.embedding(self.places, d))",
                "scores = torch.matmul(z, torch.transpose(z, -1, -2))",
                "bias = torch.mul(torch.rsub(torch.unsqueeze(c, 1), 1.), -10000.)",
                "return torch.softmax(torch.add(scores, bias), -1)"});
  using enum InputRole;
  EXPECT_EQ(input_roles(graph), (std::vector{kIds, kTokenTypes, kOther, kMask, kPositions}));
  const auto table = find_position_table(graph);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows, 6);
  EXPECT_EQ(table->first, 0);
}

TEST(InputRoles, IdsThatMakeTheMaskAreIds) {
  const Graph graph =
      graph_of("x: Tensor", {"y = torch.embedding(self.words, x)",
                             "scores = torch.matmul(y, torch.transpose(y, -1, -2))",
                             "padded = torch.unsqueeze(torch.eq(x, 0), 1)",
                             "return torch.softmax(torch.masked_fill(scores, padded, -1.), -1)"});
  EXPECT_EQ(input_roles(graph), std::vector{InputRole::kIds});
  EXPECT_FALSE(find_position_table(graph));
}

TEST(InputRoles, HiddenStatesAndSizesAreNoMask) {
  const Graph graph = graph_of("x: Tensor, other: Tensor",
                               {"y = torch.linear(x, self.words)", "n = torch.size(other, 0)",
                                "ones = torch.ones_like(other)",
                                "return torch.softmax(torch.mul(torch.add(y, ones), n), -1)"});
  EXPECT_EQ(input_roles(graph), (std::vector{InputRole::kOther, InputRole::kOther}));
}

TEST(InputRoles, WhatPicksHiddenStatesWhereItIsNotZeroIsAMask) {
  using enum InputRole;
  const std::string words = "y = torch.reshape(torch.embedding(self.words, ids), [-1, 2])";
  const auto roles = [&](std::vector<std::string> lines) {
    lines.insert(lines.begin(), words);
    return input_roles(graph_of("ids: Tensor, other: Tensor", lines));
  };
  EXPECT_EQ(roles({"where = torch.flatten(torch.nonzero(torch.flatten(other)))",
                   "return torch.index_select(y, 0, where)"}),
            (std::vector{kIds, kMask}));
  EXPECT_EQ(roles({"picked = torch.masked_select(y, torch.unsqueeze(torch.ne(other, 0), 1))",
                   "return picked"}),
            (std::vector{kIds, kMask}));
  // Places themselves say which token: that is no mask.
  EXPECT_EQ(roles({"return torch.index_select(y, 0, torch.flatten(other))"}),
            (std::vector{kIds, kOther}));
  // Nor is what is counted.
  EXPECT_EQ(roles({"return torch.add(y, torch.size(torch.nonzero(other), 0))"}),
            (std::vector{kIds, kOther}));
}

TEST(InputRoles, PositionsCountedFromThePadding) {
  const Graph graph =
      graph_of("x: Tensor",
               {"y = torch.embedding(self.words, x)", "counted = torch.cumsum(torch.ne(x, 1), 1)",
                "bias = torch.embedding(self.biases, torch.add(counted, 1))",
                "return torch.add(y, torch.embedding(self.places, torch.add(counted, 1), 1))"});
  const auto table = find_position_table(graph);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows, 6) << "not the biases', which has a column a head";
  EXPECT_EQ(table->first, 2);
}

TEST(InputRoles, PositionsThatStartLater) {
  const Graph graph = graph_of(
      "x: Tensor", {"y = torch.embedding(self.words, x)", "n = torch.add(torch.size(x, 1), 2)",
                    "places = torch.embedding(self.places, torch.arange(2, n, 1))",
                    "return torch.add(y, places)"});
  const auto table = find_position_table(graph);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->first, 2);
}

}  // namespace
}  // namespace henson::runtime
