#include "runtime/api/output_info.h"

#include <gtest/gtest.h>

#include <numeric>

#include "runtime/api/facts.h"
#include "runtime/execution/interpreter.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;
using test::stored;
using Lines = std::vector<std::string>;
using Shape = std::vector<std::int64_t>;

/// A computation over tables of words (9 rows) and of places (32), of width 4, and a product's
/// weight [4, 4]. Inputs have two dimensions.
class Described {
 public:
  Described(const std::string& parameters, const Lines& lines) {
    const auto zeros = [](std::int64_t rows) {
      return stored({rows, 4}, std::vector<float>(static_cast<std::size_t>(4 * rows)));
    };
    const loader::Archive archive =
        archive_of(method(parameters, lines),
                   {{"words", zeros(9)}, {"places", zeros(32)}, {"weight", zeros(4)}});
    graph_ = build_graph(archive).graph;
    const InputRanks ranks(graph_.inputs.size(), 2);
    const UnlockResult unlocked =
        unlock(graph_, TracedShapes(graph_.inputs.size(), std::nullopt), ranks);
    const std::vector<InputInfo> inputs = describe_inputs(archive, "forward", graph_, unlocked);
    outputs_ = describe_outputs(graph_, inputs, unlocked);
  }

  const Graph& graph() const { return graph_; }
  const std::vector<OutputInfo>& outputs() const { return outputs_; }
  std::string shape(std::size_t output = 0) const { return to_string(outputs_.at(output).shape); }
  OutputMaker maker(std::size_t output = 0) const { return outputs_.at(output).maker; }

 private:
  Graph graph_;
  std::vector<OutputInfo> outputs_;
};

const Lines kWords = {"x = torch.embedding(self.words, ids)"};

Lines operator+(Lines lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::string shape_of(const std::string& expression) {
  return Described("ids: Tensor", kWords + Lines{"return " + expression}).shape();
}

OutputMaker maker_of(const std::string& expression) {
  return Described("ids: Tensor", kWords + Lines{"return " + expression}).maker();
}

TEST(OutputInfo, SizesAreNamedByWhatTheInputIs) {
  EXPECT_EQ(shape_of("x"), "[batch, length, 4]");
  EXPECT_EQ(Described("x: Tensor", {"return torch.neg(x)"}).shape(),
            "[input 0 size 0, input 0 size 1]");
  const Described two("a: Tensor, b: Tensor",
                      {"x = torch.embedding(self.words, a)", "y = torch.embedding(self.words, b)",
                       "return (torch.neg(x), torch.neg(y))"});
  EXPECT_EQ(two.shape(0), "[input 0 size 0, input 0 size 1, 4]");
  EXPECT_EQ(two.shape(1), "[input 1 size 0, input 1 size 1, 4]");
}

TEST(OutputInfo, SizesAreFormulas) {
  EXPECT_EQ(shape_of("torch.cat([x, x], 1)"), "[batch, 2 * length, 4]");
  EXPECT_EQ(shape_of("torch.flatten(x, 0, 1)"), "[batch * length, 4]");
  EXPECT_EQ(shape_of("torch.slice(x, 1, 1)"), "[batch, max(length - 1, 0), 4]");
  EXPECT_EQ(shape_of("torch.slice(self.places, 0, 0, torch.size(ids, 1))"), "[min(32, length), 4]");
  EXPECT_EQ(shape_of("torch.nonzero(ids)"), "[?, 2]");
}

TEST(OutputInfo, NothingIsSaidOfRanksThatWereGuessedWrong) {
  const Described three("ids: Tensor",
                        kWords + Lines{"n = torch.size(ids, 2)", "return torch.view(x, [-1, n])"});
  EXPECT_EQ(three.shape(), "[...]");
}

TEST(OutputInfo, WritesIntoATensorOfAListLeaveItsSizes) {
  const Described described(
      "ids: Tensor",
      kWords + Lines{"a = torch.select(x, 1, 0)", "b = torch.neg(a)",
                     "c = torch.mul_(torch.select(x, 1, 1), 2)", "return torch.cat([a, b], 1)"});
  EXPECT_EQ(described.shape(), "[batch, 8]");
}

TEST(OutputInfo, SizesOfInputsThatAreBroadcastHaveOneName) {
  const Described both("ids: Tensor, places: Tensor",
                       {"x = torch.embedding(self.words, ids)",
                        "y = torch.embedding(self.places, places)", "return torch.add(x, y)"});
  EXPECT_EQ(both.shape(), "[batch, length, 4]");
  const std::vector<SymbolicSize>& sizes = *both.outputs()[0].shape;
  EXPECT_EQ(sizes[0].at(std::vector<Shape>{{5, 3}, {1, 3}}), 5);
  EXPECT_EQ(sizes[0].at(std::vector<Shape>{{1, 3}, {5, 3}}), 5);
  EXPECT_EQ(sizes[0].at(std::vector<Shape>{{4, 3}, {5, 3}}), std::nullopt);
  EXPECT_EQ(sizes[0].at(std::vector<Shape>{{4, 3}, {}}), 4) << "what the other one can only be";
  EXPECT_EQ(sizes[2].number(), 4);
  EXPECT_EQ(sizes[0].text(), "batch") << "sizes of one name are one in what is read";
}

Value ids_of(std::int64_t batch, std::int64_t length) {
  Tensor ids = Tensor::empty(system_memory(), DType::kInt64, {batch, length});
  auto* const first = ids.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < ids.numel(); ++i) first[i] = i % 9;
  return ids;
}

TEST(OutputInfo, FormulasGiveTheSizesOfRuns) {
  for (const char* const expression :
       {"torch.cat([x, x], 1)", "torch.flatten(x, 0, 1)", "torch.slice(x, 1, 1)",
        "torch.slice(x, 1, -3)", "torch.slice(x, 1, 2, -2)", "torch.slice(x, 1, 0, 100, 2)",
        "torch.select(x, 1, 0)", "torch.sum(x, [1])", "torch.matmul(x, torch.transpose(x, 1, 2))",
        "torch.slice(self.places, 0, 0, torch.size(ids, 1))", "torch.view(x, [-1, 2])",
        "torch.slice(self.places, 0, torch.floordiv(torch.size(ids, 1), 2))",
        "torch.constant_pad_nd(ids, [1, 2])", "torch.unsqueeze(ids, 1)",
        "torch.repeat(x, [2, 1, 3])", "torch.arange(torch.remainder(torch.size(ids, 1), 3))",
        "torch.expand_as(self.weight, x)",
        "torch.outer(torch.select(ids, 1, 0), torch.select(ids, 0, 0))"}) {
    SCOPED_TRACE(expression);
    const bool expands = std::string(expression).find("expand_as") != std::string::npos;
    const Described described("ids: Tensor", kWords + Lines{"return " + std::string(expression)});
    const Interpreter interpreter(described.graph());
    ASSERT_TRUE(described.outputs()[0].shape);
    for (const Shape& shape : {Shape{1, 4}, Shape{3, 4}, Shape{2, 7}, Shape{1, 1}}) {
      if (expands && shape[1] != 4) continue;
      const Value input = ids_of(shape[0], shape[1]);
      const Dims found = interpreter.run(std::span(&input, 1))[0].as<Tensor>().sizes();
      Dims told;
      for (const SymbolicSize& size : *described.outputs()[0].shape) {
        told.push_back(size.at(std::vector<Shape>{shape}).value_or(-1));
      }
      EXPECT_EQ(told, found) << described.shape();
    }
  }
}

TEST(OutputInfo, PathsFollowTheStructure) {
  const Described described("ids: Tensor", kWords + Lines{"return (x, (ids, [x, ids]), 3, x)"});
  std::vector<std::string> paths;
  for (const OutputInfo& output : described.outputs()) paths.push_back(output.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"0", "1.0", "1.1.0", "1.1.1", "3"}));
  EXPECT_EQ(described.outputs()[0].dtype, DType::kFloat32);
  EXPECT_FALSE(described.outputs()[1].dtype) << "as the caller gives them";
}

TEST(OutputInfo, ListsThatOperatorsMake) {
  const Described known("ids: Tensor", kWords + Lines{"return (torch.chunk(x, 2, 2), ids)"});
  ASSERT_EQ(known.outputs().size(), 3U);
  EXPECT_EQ(known.outputs()[1].path, "0.1");
  EXPECT_EQ(known.shape(1), "[batch, length, 2]");
  EXPECT_EQ(known.outputs()[2].path, "1");
  const Described whole("ids: Tensor", kWords + Lines{"return torch.chunk(x, 2, 2)"});
  EXPECT_EQ(whole.outputs()[1].path, "1");
  const Described open("ids: Tensor", kWords + Lines{"return (ids, torch.unbind(x, 1), x)"});
  EXPECT_EQ(open.outputs().size(), 1U) << "only a run tells how many follow";
}

TEST(OutputInfo, MakersAreSeenThroughViewsAndCasts) {
  using enum OutputMaker;
  EXPECT_EQ(maker_of("torch.linear(x, self.weight)"), kLinear);
  EXPECT_EQ(maker_of("torch.select(torch.to(torch.linear(x, self.weight), 7), 1, 0)"), kLinear);
  EXPECT_EQ(maker_of("torch.matmul(x, torch.t(self.weight))"), kLinear);
  EXPECT_EQ(maker_of("torch.add(torch.matmul(x, self.weight), self.weight)"), kLinear);
  EXPECT_EQ(maker_of("torch.einsum(\"ijk,lk->ijl\", [x, self.weight])"), kLinear);
  EXPECT_EQ(maker_of("torch.softmax(x, -1)"), kSoftmax);
  EXPECT_EQ(maker_of("torch.log_softmax(x, -1)"), kLogSoftmax);
  EXPECT_EQ(maker_of("torch.sigmoid_(x)"), kSigmoid);
  EXPECT_EQ(maker_of("torch.tanh(x)"), kTanh);
}

TEST(OutputInfo, WhatOnlyLooksLikeALinearLayer) {
  using enum OutputMaker;
  EXPECT_EQ(maker_of("torch.matmul(x, torch.transpose(x, 1, 2))"), kOther)
      << "both are computed from the input";
  EXPECT_EQ(maker_of("torch.add(torch.linear(x, self.weight), x)"), kOther) << "a residual";
  EXPECT_EQ(maker_of("torch.relu(torch.linear(x, self.weight))"), kOther);
}

TEST(OutputInfo, LaterOutputsAreMadeLater) {
  const Described described(
      "ids: Tensor", kWords + Lines{"y = torch.linear(x, self.weight)", "return (y, x, ids)"});
  EXPECT_GT(described.outputs()[0].order, described.outputs()[1].order);
  EXPECT_EQ(described.outputs()[2].order, 0U);
}

}  // namespace
}  // namespace henson::runtime
