#include <gtest/gtest.h>

#include "runtime/fusion/fuse.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

/// Before and after the pass, on a random input [2, 3, 4].
std::size_t norms_after(const std::vector<std::string>& lines, double input_scale = 1) {
  loader::Archive archive = test::archive_of(
      test::method("x: Tensor", lines),
      {{"weight", test::random_weight({4}, 1)}, {"bias", test::random_weight({4}, 2)}});
  // What the pass needs to know: the dtype, which that of a weight tells.
  const BuiltGraph built = build_graph(archive);
  Graph after = built.graph;
  infer_dtypes(after);
  fuse_layer_norm(after);
  const Value inputs[] = {test::random_tensor({2, 3, 4}, 3, static_cast<float>(input_scale))};
  test::expect_same(built.graph, after, inputs);
  return test::count_of(after, "aten::layer_norm");
}

const std::string kFloat = "y = torch.mul(self.weight, torch.to(x, 6))";

TEST(FuseLayerNorm, AsPyTorch10WroteIt) {
  EXPECT_EQ(norms_after({kFloat, "u = torch.mean(y, [-1], True)", "s = torch.sub(y, u)",
                         "v = torch.mean(torch.pow(s, 2), [-1], True)",
                         "n = torch.div(torch.sub(y, u), torch.sqrt(torch.add(v, 1e-12)))",
                         "return torch.add(torch.mul(self.weight, n), self.bias)"}),
            1U);
}

TEST(FuseLayerNorm, OtherOrdersOfOperands) {
  EXPECT_EQ(norms_after({kFloat, "s = torch.sub(y, torch.mean(y, [-1], True))",
                         "v = torch.mean(torch.mul(s, s), [-1], True)",
                         "n = torch.mul(torch.rsqrt(torch.add(v, 1e-5)), s)",
                         "return torch.add(self.bias, torch.mul(n, self.weight))"}),
            1U);
}

TEST(FuseLayerNorm, ByVariance) {
  EXPECT_EQ(norms_after({kFloat, "s = torch.sub(y, torch.mean(y, [-1], True))",
                         "v = torch.var(y, [-1], False, True)",
                         "n = torch.div(s, torch.sqrt(torch.add(v, 1e-5)))",
                         "return torch.add(torch.mul(n, self.weight), self.bias)"}),
            1U);
}

TEST(FuseLayerNorm, ByPowersAndAddcmul) {
  EXPECT_EQ(norms_after({kFloat, "s = torch.sub(y, torch.mean(y, [-1], True))",
                         "v = torch.add(torch.mean(torch.pow(s, 2), [-1], True), 1e-5)",
                         "n = torch.div(s, torch.pow(v, 0.5))",
                         "return torch.addcmul(self.bias, n, self.weight)"}),
            1U);
  EXPECT_EQ(norms_after({kFloat, "s = torch.sub(y, torch.mean(y, [-1], True))",
                         "v = torch.add(torch.mean(torch.pow(s, 2), [-1], True), 1e-5)",
                         "n = torch.mul(s, torch.pow(v, -0.5))",
                         "return torch.addcmul(self.bias, n, self.weight, value=2)"}),
            0U);
}

TEST(FuseLayerNorm, WhatIsNoLayerNormStays) {
  const auto of_variance = [](const std::string& variance, const std::string& root) {
    return norms_after({kFloat, "s = torch.sub(y, torch.mean(y, [-1], True))", "v = " + variance,
                        "n = torch.div(s, " + root + ")",
                        "return torch.add(torch.mul(n, self.weight), self.bias)"});
  };
  const std::string root = "torch.sqrt(torch.add(v, 1e-5))";
  EXPECT_EQ(of_variance("torch.mean(torch.pow(s, 2), [-1], True)", root), 1U);
  EXPECT_EQ(of_variance("torch.mean(torch.pow(s, 4), [-1], True)", root), 0U);
  EXPECT_EQ(of_variance("torch.mean(torch.pow(y, 2), [-1], True)", root), 0U);  // RMS
  EXPECT_EQ(of_variance("torch.mean(torch.pow(s, 2), [1], True)", root), 0U);
  EXPECT_EQ(of_variance("torch.var(y, [-1], True, True)", root), 0U);  // unbiased
  EXPECT_EQ(
      of_variance("torch.mean(torch.pow(s, 2), [-1], True)", "torch.add(torch.sqrt(v), 1e-5)"), 0U);
}

TEST(FuseLayerNorm, WithoutItsStatistics) {
  EXPECT_EQ(
      norms_after({"y, mean, rstd = torch.native_layer_norm(x, [4], self.weight, self.bias, 1e-5)",
                   "return y"}),
      1U);
  EXPECT_EQ(
      norms_after({"y, mean, rstd = torch.native_layer_norm(x, [4], self.weight, self.bias, 1e-5)",
                   "return torch.add(y, mean)"}),
      0U);
}

TEST(FuseLayerNorm, NotAcrossAWrite) {
  EXPECT_EQ(norms_after({kFloat, "u = torch.mean(y, [-1], True)", "s = torch.sub(y, u)",
                         "w = torch.add_(y, 1)", "v = torch.mean(torch.pow(s, 2), [-1], True)",
                         "n = torch.div(s, torch.sqrt(torch.add(v, 1e-12)))",
                         "return torch.add(torch.mul(self.weight, n), self.bias)"}),
            0U);
}

}  // namespace
}  // namespace henson::runtime
