#include "runtime/analysis/proven_shapes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/runtime/fuse_support.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using Dimensions = ProvenShapes::Dimensions;

/// What is known of the output of a graph of x [B, L, 12] and y [C, M].
class Sizes {
 public:
  explicit Sizes(const std::vector<std::string>& lines) {
    const auto archive = test::archive_of(
        test::method("x: Tensor, y: Tensor", lines),
        {{"w", test::random_weight({8, 12}, 1)}, {"table", test::random_weight({30, 5}, 2)}});
    graph_ = build_graph(archive).graph;
    graph_.inputs[0].rank = 3;
    graph_.inputs[1].rank = 2;
    sizes_.emplace(graph_);
  }

  std::optional<Dimensions> output() const { return sizes_->dims(graph_.output.value); }
  Dimension x(std::size_t d) const { return (*sizes_->dims(graph_.inputs[0].value))[d]; }
  Dimension y(std::size_t d) const { return (*sizes_->dims(graph_.inputs[1].value))[d]; }

 private:
  Graph graph_;
  std::optional<ProvenShapes> sizes_;
};

Dimension of(std::int64_t size) { return Dimension::of(size); }

TEST(ProvenShapes, OfViewsAndPermutations) {
  const Sizes sizes({"h = torch.linear(x, self.w, None)",
                     "v = torch.view(h, [torch.size(x, 0), torch.size(h, 1), -1, 4])",
                     "return torch.permute(v, [0, 2, 1, 3])"});
  const Dimensions expected = {sizes.x(0), of(2), sizes.x(1), of(4)};
  EXPECT_EQ(sizes.output(), expected);
}

TEST(ProvenShapes, OfProducts) {
  const Sizes sizes({"return torch.flatten(torch.matmul(x, torch.transpose(x, 1, 2)), 0, 1)"});
  const Dimensions expected = {sizes.x(0) * sizes.x(1), sizes.x(1)};
  EXPECT_EQ(sizes.output(), expected);
}

/// Sizes that are broadcast may differ: one may be 1.
TEST(ProvenShapes, OfBroadcastSizesNothingIsGuessed) {
  const Sizes sizes({"return torch.add(torch.select(x, 2, 0), y)"});
  ASSERT_TRUE(sizes.output());
  EXPECT_NE((*sizes.output())[0], sizes.x(0));
  EXPECT_NE((*sizes.output())[0], sizes.y(0));
  EXPECT_FALSE((*sizes.output())[1].literal());
}

TEST(ProvenShapes, OfBroadcastSizesOrderDoesNotMatter) {
  const Sizes sizes({"a = torch.select(x, 2, 0)", "s = torch.add(torch.add(a, y), torch.add(y, a))",
                     "return torch.view(s, [torch.size(torch.add(a, y), 0), -1])"});
  const Sizes plain({"return torch.add(torch.select(x, 2, 0), y)"});
  EXPECT_EQ(sizes.output(), plain.output());
}

/// A view that fits shows that the mask did not enlarge what it was added to.
TEST(ProvenShapes, OfViewsTellsWhatMustBeEqual) {
  const Sizes sizes({"s = torch.add(torch.select(x, 2, 0), y)",
                     "v = torch.view(s, [torch.size(x, 0), torch.size(x, 1)])", "return s"});
  const Dimensions expected = {sizes.x(0), sizes.x(1)};
  EXPECT_EQ(sizes.output(), expected);
}

TEST(ProvenShapes, OfSlicesOfTables) {
  const Sizes sizes({"p = torch.slice(self.table, 0, 0, torch.size(y, 1), 1)",
                     "return torch.add(torch.select(torch.unsqueeze(p, 0), 2, 0), y)"});
  const Dimensions expected = {sizes.y(0), sizes.y(1)};
  EXPECT_EQ(sizes.output(), expected);
  const Sizes alone({"return torch.slice(self.table, 0, 0, torch.size(y, 1), 1)"});
  EXPECT_NE((*alone.output())[0], alone.y(1));
  const Sizes parts({"return torch.slice(self.table, 0, -10, 9223372036854775807, 3)"});
  EXPECT_EQ((*parts.output())[0], of(4));
}

TEST(ProvenShapes, OfInputsWithoutRankNothing) {
  const auto archive = test::archive_of(test::method("x: Tensor", {"return torch.neg(x)"}));
  const Graph graph = build_graph(archive).graph;
  EXPECT_FALSE(ProvenShapes(graph).dims(graph.output.value));
}

/// A size that is written in place is no longer what it was.
TEST(ProvenShapes, OfWrittenNumbersNothing) {
  const Sizes sizes({"n = ops.prim.NumToTensor(torch.size(y, 0))", "_0 = torch.add_(n, 1)",
                     "return torch.zeros([int(n)])"});
  EXPECT_FALSE(sizes.output());
}

TEST(ProvenShapes, OfTensorsThatAreReshapedInPlaceNothing) {
  const Sizes sizes(
      {"a = torch.neg(y)", "b = torch.detach(a)", "_0 = torch.unsqueeze_(a, 0)", "return a"});
  EXPECT_FALSE(sizes.output());
  const Sizes other({"a = torch.neg(y)", "_0 = torch.unsqueeze_(a, 0)", "return torch.neg(y)"});
  EXPECT_TRUE(other.output());
}

}  // namespace
}  // namespace henson::runtime
