#include <gtest/gtest.h>

#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

/// Of a linear layer's result y: how many calls of `name` there are after the passes.
std::size_t count_after(const std::vector<std::string>& lines, const std::string& name) {
  std::vector<std::string> all = {"y = torch.linear(x, self.weight, None)"};
  all.insert(all.end(), lines.begin(), lines.end());
  const BuiltGraph built = build_graph(test::archive_of(
      test::method("x: Tensor", all), {{"weight", test::random_weight({5, 4}, 1)}}));
  Graph after = built.graph;
  infer_dtypes(after);
  fuse_activation(after);
  const Graph before_linear = after;
  fuse_linear(after);
  const Value inputs[] = {test::random_tensor({2, 3, 4}, 3)};
  test::expect_same(built.graph, before_linear, inputs);
  test::expect_same(built.graph, after, inputs);
  if (name == "henson::linear") return after.nodes.size() == 1 ? 1 : 0;
  return test::count_of(before_linear, name);
}

TEST(FuseActivation, Gelu) {
  for (const std::vector<std::string>& lines : std::vector<std::vector<std::string>>{
           {"e = torch.erf(torch.div(y, 1.4142135623730951))",
            "return torch.mul(torch.mul(y, 0.5), torch.add(e, 1.0))"},
           {"e = torch.add(torch.erf(torch.mul(y, 0.7071067811865475)), 1)",
            "return torch.mul(y, torch.mul(e, 0.5))"},
           {"e = torch.add(torch.mul(torch.erf(torch.div(y, 1.4142135623730951)), 0.5), 0.5)",
            "return torch.mul(e, y)"},
           {"e = torch.add(torch.erf(torch.div(y, 1.4142135623730951)), 1.0)",
            "return torch.div(torch.mul(y, e), 2)"}}) {
    EXPECT_EQ(count_after(lines, "aten::gelu"), 1U) << lines[0];
    EXPECT_EQ(count_after(lines, "henson::linear"), 1U) << lines[0];
  }
}

TEST(FuseActivation, GeluByTanh) {
  for (const std::vector<std::string>& lines : std::vector<std::vector<std::string>>{
           {"p = torch.add(y, torch.mul(torch.pow(y, 3.0), 0.044715))",
            "t = torch.tanh(torch.mul(p, 0.7978845608028654))",
            "return torch.mul(torch.mul(y, 0.5), torch.add(t, 1.0))"},
           {"c = torch.mul(torch.mul(y, 0.044715), y)",
            "t = torch.tanh(torch.mul(torch.mul(y, 0.7978845608), torch.add(c, 1.0)))",
            "return torch.mul(torch.mul(y, 0.5), torch.add(t, 1.0))"}}) {
    EXPECT_EQ(count_after(lines, "aten::gelu"), 1U) << lines[0];
    EXPECT_EQ(count_after(lines, "henson::linear"), 1U) << lines[0];
  }
}

TEST(FuseActivation, BySigmoid) {
  const std::vector<std::string> silu = {"return torch.mul(y, torch.sigmoid(y))"};
  const std::vector<std::string> quick = {
      "return torch.mul(torch.sigmoid(torch.mul(y, 1.702)), y)"};
  EXPECT_EQ(count_after(silu, "aten::silu"), 1U);
  EXPECT_EQ(count_after(silu, "henson::linear"), 1U);
  EXPECT_EQ(count_after(quick, "henson::linear"), 1U);
}

TEST(FuseActivation, OtherNumbersAreOtherFunctions) {
  EXPECT_EQ(count_after({"e = torch.erf(torch.div(y, 1.4142))",
                         "return torch.mul(torch.mul(y, 0.5), torch.add(e, 1.0))"},
                        "aten::gelu"),
            0U);
  EXPECT_EQ(count_after({"e = torch.erf(torch.div(y, 1.4142135623730951))",
                         "return torch.mul(torch.mul(y, 0.5), torch.add(e, 1.0, alpha=2))"},
                        "aten::gelu"),
            0U);
  EXPECT_EQ(count_after({"e = torch.erf(torch.div(x, 1.4142135623730951))", "z = torch.mul(x, 0.5)",
                         "w = torch.add(e, torch.mul(x, 1.0))", "return torch.mul(z, w)"},
                        "aten::gelu"),
            0U);
}

TEST(FuseActivation, AResultThatIsReadElsewhereKeepsItsLinear) {
  EXPECT_EQ(count_after({"g = torch.gelu(y)", "return torch.add(g, y)"}, "henson::linear"), 0U);
}

}  // namespace
}  // namespace henson::runtime
