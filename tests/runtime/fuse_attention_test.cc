// Attention as archives write it becomes one node that gives the same answers; what only looks like
// it stays.
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::count_of;
using test::expect_same;
using test::method;
using test::random_tensor;
using test::random_weight;

constexpr std::int64_t kBatch = 2;
constexpr std::int64_t kLength = 5;
constexpr std::int64_t kHidden = 12;
constexpr std::int64_t kHeads = 3;

using Lines = std::vector<std::string>;

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// q, k, v of x [B, L, 12].
const Lines kProjections = {"q0 = torch.linear(x, self.wq, self.bq)",
                            "k0 = torch.linear(x, self.wk, None)",
                            "v0 = torch.linear(x, self.wv, self.bq)"};
/// [B, 3, L, 4].
const Lines kHeadsOf = {
    "q = torch.permute(torch.view(q0, [torch.size(x, 0), torch.size(x, 1), 3, 4]), [0, 2, 1, 3])",
    "k = torch.transpose(torch.view(k0, [torch.size(k0, 0), torch.size(k0, 1), -1, 4]), 1, 2)",
    "v = torch.transpose(torch.view(v0, [torch.size(x, 0), -1, 3, 4]), 1, 2)"};
const Lines kScores = {"s = torch.div(torch.matmul(q, torch.transpose(k, -1, -2)), 2.)"};
const Lines kMerge = {"c1 = torch.contiguous(torch.permute(c, [0, 2, 1, 3]))",
                      "c2 = torch.view(c1, [torch.size(c1, 0), torch.size(c1, 1), 12])",
                      "return torch.linear(c2, self.wk, None)"};
const Lines kWeigh = {"p = torch.dropout(torch.softmax(s, -1), 0.1, False)",
                      "c = torch.matmul(p, v)"};

Graph graph_of(const std::string& parameters, const Lines& lines,
               const std::vector<std::size_t>& ranks) {
  const auto archive = archive_of(method(parameters, lines),
                                  {{"wq", random_weight({kHidden, kHidden}, 1)},
                                   {"wk", random_weight({kHidden, kHidden}, 2)},
                                   {"wv", random_weight({kHidden, kHidden}, 3)},
                                   {"bq", random_weight({kHidden}, 4)},
                                   {"relative", random_weight({kHeads, kLength, kLength}, 5)}});
  Graph graph = build_graph(archive).graph;
  for (std::size_t i = 0; i < ranks.size(); ++i) graph.inputs[i].rank = ranks[i];
  return graph;
}

/// scaled_dot_product_attention of x with the mask of an input, its heads then merged.
Graph under_a_mask(const Lines& merge) {
  const Lines attention = {"c = torch.scaled_dot_product_attention(q, k, v, mask)"};
  return graph_of("x: Tensor, mask: Tensor", kProjections + kHeadsOf + attention + merge, {3, 4});
}

/// One row is masked throughout, another one in part.
Tensor additive_mask(float masked) {
  Tensor mask = Tensor::empty(system_memory(), DType::kFloat32, {kBatch, 1, 1, kLength});
  for (std::int64_t b = 0; b < kBatch; ++b) {
    for (std::int64_t i = 0; i < kLength; ++i) {
      mask.mutable_data<float>()[b * kLength + i] = b == 1 || i == 2 ? masked : 0;
    }
  }
  return mask;
}

/// True where the mask is 0.
Tensor boolean_mask() {
  Tensor kept = Tensor::empty(system_memory(), DType::kBool, {kBatch, 1, 1, kLength});
  for (std::int64_t i = 0; i < kBatch * kLength; ++i) {
    kept.mutable_data<bool>()[i] = i < kLength && i != 2;
  }
  return kept;
}

class FuseAttention : public ::testing::Test {
 protected:
  /// Fuses, compares, and returns the graph.
  static Graph check(Graph graph, const std::vector<Value>& inputs, std::size_t fused = 1) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      graph.values[graph.inputs[i].value].dtype = inputs[i].as<Tensor>().dtype();
    }
    Graph after = graph;
    infer_dtypes(after);
    functionalize(after);
    share_sizes(after);
    fuse_attention(after);
    EXPECT_EQ(attentions(after), fused);
    if (fused > 0) {
      EXPECT_EQ(count_of(after, "aten::softmax"), 0U);
      EXPECT_EQ(count_of(after, "aten::matmul") + count_of(after, "aten::bmm"), 0U);
    }
    expect_same(graph, after, inputs);
    return after;
  }

  static std::size_t attentions(const Graph& graph) {
    return count_of(graph, "henson::attention") + count_of(graph, "henson::attention_with_weights");
  }

  static Tensor hidden() { return random_tensor({kBatch, kLength, kHidden}, 7); }

  /// The fused node's argument.
  static const GraphValue& argument(const Graph& graph, std::size_t i) {
    for (const Node& node : graph.nodes) {
      if (node.kind == NodeKind::kOperator && node.op->schema.name.starts_with("henson::att")) {
        return graph.values[node.inputs[i]];
      }
    }
    throw std::runtime_error("no attention");
  }
  static bool merged(const Graph& graph) { return argument(graph, 9).constant->as<bool>(); }
};

TEST_F(FuseAttention, OfScoresDividedAndMasked) {
  const Graph graph = graph_of(
      "x: Tensor, mask: Tensor",
      kProjections + kHeadsOf + kScores + Lines{"s = torch.add(s, mask)"} + kWeigh + kMerge,
      {3, 4});
  const float lowest = std::numeric_limits<float>::lowest();
  for (const float masked : {-10000.0F, lowest, -std::numeric_limits<float>::infinity()}) {
    const Graph after = check(graph, {hidden(), additive_mask(masked)});
    EXPECT_TRUE(merged(after));
    EXPECT_EQ(argument(after, 3).constant->as<std::int64_t>(), kHeads);
    EXPECT_EQ(argument(after, 4).constant->as<double>(), 0.5);
    EXPECT_EQ(count_of(after, "aten::view"), 0U);
    EXPECT_EQ(count_of(after, "aten::permute"), 0U);
  }
}

TEST_F(FuseAttention, OfScaledQueriesAndFilledScores) {
  for (const char* const value : {"-inf", "-3.4028234663852886e+38", "-1000."}) {
    const Lines filled = {"q = torch.mul(torch.div(q, 4.), 2.)",
                          "s = torch.matmul(q, torch.transpose(k, 2, 3))",
                          "m = torch.expand_as(torch.eq(mask, 0), s)",
                          std::string("s = torch.masked_fill(s, m, ") + value + ")"};
    const Graph after = check(graph_of("x: Tensor, mask: Tensor",
                                       kProjections + kHeadsOf + filled + kWeigh + kMerge, {3, 4}),
                              {hidden(), boolean_mask()});
    EXPECT_TRUE(merged(after));
    EXPECT_EQ(count_of(after, "aten::expand_as"), 0U);
  }
}

TEST_F(FuseAttention, OfWhere) {
  const Lines filled = {"s = torch.where(mask, s, torch.full([], -3.4028234663852886e+38))"};
  check(graph_of("x: Tensor, mask: Tensor",
                 kProjections + kHeadsOf + kScores + filled + kWeigh + kMerge, {3, 4}),
        {hidden(), boolean_mask()});
}

TEST_F(FuseAttention, WithSeveralThingsAdded) {
  const Lines added = {"s = torch.add(self.relative, s)", "s = torch.mul(torch.add(s, mask), 0.5)"};
  check(graph_of("x: Tensor, mask: Tensor",
                 kProjections + kHeadsOf + kScores + added + kWeigh + kMerge, {3, 4}),
        {hidden(), additive_mask(-20)});
}

TEST_F(FuseAttention, WithATermThatDependsOnTheQueries) {
  const Graph after = check(
      graph_of("x: Tensor",
               kProjections + kHeadsOf + kScores +
                   Lines{"t = torch.mul(q, 0.25)", "s = torch.add(s, torch.sum(t, [-1], True))"} +
                   kWeigh + kMerge,
               {3}),
      {hidden()});
  EXPECT_TRUE(merged(after));
}

TEST_F(FuseAttention, ThatGivesItsWeights) {
  Lines lines = kProjections + kHeadsOf + kScores + kWeigh + kMerge;
  lines.back() = "return (torch.linear(c2, self.wk, None), p)";
  std::string code = method("x: Tensor", lines);
  const std::string from = "-> Tensor:";
  code.replace(code.find(from), from.size(), "-> Tuple[Tensor, Tensor]:");
  const auto archive = archive_of(code, {{"wq", random_weight({kHidden, kHidden}, 1)},
                                         {"wk", random_weight({kHidden, kHidden}, 2)},
                                         {"wv", random_weight({kHidden, kHidden}, 3)},
                                         {"bq", random_weight({kHidden}, 4)}});
  Graph graph = build_graph(archive).graph;
  graph.inputs[0].rank = 3;
  const Graph after = check(graph, {hidden()});
  EXPECT_EQ(count_of(after, "henson::attention_with_weights"), 1U);
  EXPECT_TRUE(merged(after));
}

TEST_F(FuseAttention, OfTheOperator) {
  const auto lines = [](const std::string& arguments) {
    return kProjections + kHeadsOf +
           Lines{"c = torch.scaled_dot_product_attention(q, k, v, " + arguments + ")"} + kMerge;
  };
  const Graph plain = check(graph_of("x: Tensor", lines("None"), {3}), {hidden()});
  EXPECT_EQ(count_of(plain, "aten::scaled_dot_product_attention"), 0U);
  EXPECT_TRUE(merged(plain));
  check(graph_of("x: Tensor", lines("None, 0., True"), {3}), {hidden()});
  const Graph boolean =
      graph_of("x: Tensor, mask: Tensor", lines("mask, 0., False, scale=0.3"), {3, 4});
  EXPECT_EQ(argument(check(boolean, {hidden(), boolean_mask()}), 4).constant->as<double>(), 0.3);
  const Graph additive = under_a_mask(kMerge);
  check(additive, {hidden(), additive_mask(-std::numeric_limits<float>::infinity())});
  check(additive, {hidden(), additive_mask(std::numeric_limits<float>::lowest())});
}

/// nn.MultiheadAttention: [L, B, E], heads beside the batch.
TEST_F(FuseAttention, OfBatchedProductsWithTimeFirst) {
  const auto split = [](const std::string& name) {
    return name + " = torch.transpose(torch.view(torch.contiguous(" + name +
           "0), [torch.size(x, 0), torch.mul(torch.size(x, 1), 3), 4]), 0, 1)";
  };
  const Lines heads = {split("q"), split("k"), split("v")};
  const Lines merge = {"c1 = torch.contiguous(torch.transpose(c, 0, 1))",
                       "c2 = torch.view(c1, [torch.size(x, 0), torch.size(x, 1), 12])",
                       "return torch.linear(c2, self.wk, None)"};
  const Lines weigh = {"s = torch.bmm(torch.mul(q, 0.5), torch.transpose(k, 1, 2))",
                       "c = torch.bmm(torch.softmax(s, -1), v)"};
  check(graph_of("x: Tensor", kProjections + heads + weigh + merge, {3}), {hidden()});
  const Lines rows = {"c1 = torch.contiguous(torch.transpose(c, 0, 1))",
                      "c2 = torch.view(c1, [torch.mul(torch.size(x, 0), torch.size(x, 1)), 12])",
                      "return torch.linear(c2, self.wk, None)"};
  check(graph_of("x: Tensor", kProjections + heads + weigh + rows, {3}), {hidden()});
  const Lines masked = {"s = torch.baddbmm(mask, q, torch.transpose(k, 1, 2), beta=1, alpha=0.5)",
                        "c = torch.bmm(torch.softmax(s, -1), v)"};
  check(graph_of("x: Tensor, mask: Tensor", kProjections + heads + masked + merge, {3, 3}),
        {hidden(), random_tensor({kLength * kHeads, kBatch, kBatch}, 9)});
}

/// What averages the heads' weights sees them as [B, heads, Lq, Lk].
TEST_F(FuseAttention, OfBatchedProductsWhoseWeightsAreRead) {
  const Lines heads = {"q0 = torch.contiguous(q0)",
                       "q = torch.reshape(torch.permute(torch.view(q0, [torch.size(x, 0), "
                       "torch.size(x, 1), 3, 4]), [0, 2, 1, 3]), [-1, torch.size(x, 1), 4])",
                       "k = torch.reshape(torch.permute(torch.view(k0, [torch.size(x, 0), "
                       "torch.size(x, 1), 3, 4]), [0, 2, 1, 3]), [-1, torch.size(x, 1), 4])",
                       "v = torch.reshape(torch.permute(torch.view(v0, [torch.size(x, 0), "
                       "torch.size(x, 1), 3, 4]), [0, 2, 1, 3]), [-1, torch.size(x, 1), 4])"};
  const Lines weigh = {
      "p = torch.softmax(torch.bmm(torch.mul(q, 0.5), torch.transpose(k, 1, 2)), -1)",
      "c = torch.view(torch.bmm(p, v), [torch.size(x, 0), 3, torch.size(x, 1), 4])",
      "c2 = torch.reshape(torch.transpose(c, 1, 2), [torch.size(x, 0), torch.size(x, 1), 12])",
      "p4 = torch.view(p, [torch.size(x, 0), 3, torch.size(x, 1), torch.size(x, 1)])",
      "return torch.add(torch.linear(c2, self.wk, None), torch.mean(p4))"};
  const Graph after = check(graph_of("x: Tensor", kProjections + heads + weigh, {3}), {hidden()});
  EXPECT_EQ(count_of(after, "henson::attention_with_weights"), 1U);
  EXPECT_TRUE(merged(after));
}

/// Each key and value serves two heads of queries.
TEST_F(FuseAttention, OfFewerHeadsOfKeys) {
  const auto spread = [](const std::string& name) {
    return name + " = torch.reshape(torch.expand(torch.unsqueeze(torch.slice(" + name +
           ", 1, 0, 1), 2), [torch.size(x, 0), 1, 3, torch.size(x, 1), 4]), [torch.size(x, 0), 3, "
           "torch.size(x, 1), 4])";
  };
  check(graph_of(
            "x: Tensor",
            kProjections + kHeadsOf + Lines{spread("k"), spread("v")} + kScores + kWeigh + kMerge,
            {3}),
        {hidden()});
}

/// A mask is an input of which the archive does not tell the type.
TEST_F(FuseAttention, WithAMaskOfUnknownType) {
  const Graph graph = under_a_mask(kMerge);
  Graph after = graph;
  share_sizes(after);
  fuse_attention(after);
  EXPECT_EQ(attentions(after), 1U);
  const std::vector<Value> boolean = {hidden(), boolean_mask()};
  const std::vector<Value> additive = {hidden(), additive_mask(-20)};
  expect_same(graph, after, boolean);
  expect_same(graph, after, additive);
  const Value whole[] = {hidden(), boolean_mask().to(system_memory(), DType::kInt64)};
  EXPECT_THROW(Interpreter(after).run(whole), Error);
}

/// [b, -1, 12] is [b, L, 12] wherever the mask is for no more sequences than there are.
TEST_F(FuseAttention, MergedByAnOpenSizeUnderAMaskOfUnknownBatch) {
  const Lines merge = {"c1 = torch.contiguous(torch.transpose(c, 1, 2))",
                       "return torch.view(c1, [torch.size(x, 0), -1, 12])"};
  const Graph graph = under_a_mask(merge);
  const Graph after = check(graph, {hidden(), boolean_mask()});
  EXPECT_TRUE(merged(after));
  EXPECT_EQ(count_of(after, "aten::view") + count_of(after, "aten::transpose"), 0U);
  const Tensor one = random_tensor({1, kLength, kHidden}, 8);
  const Value more[] = {one, boolean_mask()};
  EXPECT_THROW(Interpreter(after).run(more), Error);
}

/// What the views before refuse is refused after, too.
TEST_F(FuseAttention, WithAMaskOfMoreSequencesThanAViewHolds) {
  const Lines merge = {"c1 = torch.contiguous(torch.transpose(c, 1, 2))",
                       "return torch.view(c1, [torch.size(x, 0), torch.size(x, 1), 12])"};
  const Graph graph = under_a_mask(merge);
  const Graph after = check(graph, {hidden(), boolean_mask()});
  const Value more[] = {random_tensor({1, kLength, kHidden}, 8), boolean_mask()};
  EXPECT_THROW(Interpreter(graph).run(more), Error);
  EXPECT_THROW(Interpreter(after).run(more), Error);
}

/// One sequence under several masks, where nothing holds the batch.
TEST_F(FuseAttention, WithAMaskOfMoreSequences) {
  check(under_a_mask(kMerge), {random_tensor({1, kLength, kHidden}, 8), boolean_mask()});
}

TEST_F(FuseAttention, OfSummations) {
  const Lines heads = {"q = torch.view(q0, [torch.size(x, 0), torch.size(x, 1), 3, 4])",
                       "k = torch.view(k0, [torch.size(x, 0), torch.size(x, 1), 3, 4])",
                       "v = torch.view(v0, [torch.size(x, 0), torch.size(x, 1), 3, 4])"};
  const Lines weigh = {"s = torch.mul(torch.einsum(\"bind,bjnd->bnij\", [q, k]), 0.5)",
                       "c = torch.einsum(\"bnij,bjnd->bind\", [torch.softmax(s, 3), v])",
                       "c2 = torch.reshape(c, [torch.size(x, 0), torch.size(x, 1), -1])",
                       "return torch.linear(c2, self.wk, None)"};
  const Graph after = check(graph_of("x: Tensor", kProjections + heads + weigh, {3}), {hidden()});
  EXPECT_TRUE(merged(after));
  EXPECT_EQ(count_of(after, "aten::einsum"), 0U);
}

/// Sizes that nothing proves: the heads are split and merged outside.
TEST_F(FuseAttention, WithHeadsSplitOutside) {
  const Lines turned = {"q = torch.neg(q)", "k = torch.neg(k)"};
  const Lines end = {"c = torch.matmul(torch.softmax(s, -1), v)", "return torch.neg(c)"};
  const Graph after = check(
      graph_of("x: Tensor", kProjections + kHeadsOf + turned + kScores + end, {3}), {hidden()});
  EXPECT_FALSE(merged(after));
}

TEST_F(FuseAttention, WithHeadsOfItsOwnNumber) {
  // 12 wide, of which two heads of 4 are left.
  const auto archive =
      archive_of(method("x: Tensor",
                        Lines{"q0 = torch.linear(x, self.w, None)",
                              "q = torch.transpose(torch.view(q0, [torch.size(x, 0), torch.size(x, "
                              "1), -1, 4]), 1, 2)",
                              "s = torch.matmul(q, torch.transpose(q, 2, 3))",
                              "c = torch.transpose(torch.matmul(torch.softmax(s, -1), q), 1, 2)",
                              "return torch.reshape(c, [torch.size(x, 0), torch.size(x, 1), -1])"}),
                 {{"w", random_weight({8, kHidden}, 1)}});
  Graph graph = build_graph(archive).graph;
  graph.inputs[0].rank = 3;
  const Graph after = check(graph, {hidden()});
  EXPECT_EQ(argument(after, 3).constant->as<std::int64_t>(), 2);
  EXPECT_TRUE(merged(after));
}

TEST_F(FuseAttention, NotOfASoftmaxOverQueries) {
  Lines lines = kProjections + kHeadsOf + kScores + kWeigh + kMerge;
  lines[lines.size() - 5] = "p = torch.softmax(s, 2)";
  check(graph_of("x: Tensor", lines, {3}), {hidden()}, 0);
}

TEST_F(FuseAttention, NotOfScoresThatAreReadElsewhere) {
  Lines lines = kProjections + kHeadsOf + kScores + kWeigh + kMerge;
  lines.back() = "return torch.add(torch.linear(c2, self.wk, None), torch.mean(s))";
  check(graph_of("x: Tensor", lines, {3}), {hidden()}, 0);
}

TEST_F(FuseAttention, NotWhereSomethingIsWrittenInPlace) {
  Lines lines = kProjections + kHeadsOf + kScores + kWeigh + kMerge;
  lines.insert(lines.begin() + 7, "_0 = torch.mul_(torch.select(s, 0, 0), 2.)");
  check(graph_of("x: Tensor", lines, {3}), {hidden()}, 0);
}

TEST_F(FuseAttention, NotOfATensorWhoseRankIsNotKnown) {
  Graph graph = graph_of("x: Tensor", kProjections + kHeadsOf + kScores + kWeigh + kMerge, {});
  check(graph, {hidden()}, 0);
}

/// A view that moves elements between rows is no splitting of heads.
TEST_F(FuseAttention, NotOfViewsThatMixRows) {
  Lines lines = kProjections + kHeadsOf + kScores + kWeigh + kMerge;
  lines[3] = "q = torch.view(q0, [torch.size(x, 0), 3, torch.size(x, 1), 4])";
  lines[4] = "k = torch.view(k0, [torch.size(x, 0), 3, torch.size(x, 1), 4])";
  const Graph after = check(graph_of("x: Tensor", lines, {3}), {hidden()});
  EXPECT_EQ(count_of(after, "aten::view"), 2U);
}

}  // namespace
}  // namespace henson::runtime
