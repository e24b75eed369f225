#include <gtest/gtest.h>

#include <limits>

#include "henson/error.h"
#include "runtime/operators/fused.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime {
namespace {

using test::largest_difference;
using test::random_tensor;

/// Arguments that are left out have their defaults.
std::vector<Value> run(const std::string& name, std::vector<Value> arguments) {
  const Operator& op = *OperatorTable::get().overloads(name)[0];
  for (std::size_t i = arguments.size(); i < op.schema.arguments.size(); ++i) {
    arguments.push_back(*op.schema.arguments[i].default_value);
  }
  std::vector<Value> results(op.schema.results.size());
  Call call(system_memory(), arguments, results);
  op.kernel(call);
  return results;
}

Tensor first(const std::vector<Value>& results) { return results[0].as<Tensor>(); }

TEST(FusedOperators, LinearOfEverything) {
  const Tensor x = random_tensor({2, 3, 4}, 1);
  const Tensor weight = random_tensor({5, 4}, 2);
  const Tensor bias = random_tensor({5}, 3);
  const Tensor residual = random_tensor({2, 3, 5}, 4);
  const Tensor sum = first(run(
      "henson::linear", {x, weight, bias, std::string("gelu"), residual, None{}, None{}, None{}}));
  const Tensor normed = first(
      run("henson::linear", {x, weight, bias, std::string("gelu"), residual, bias, None{}, 1e-5}));
  EXPECT_LT(largest_difference(normed, normalize(system_memory(), sum, {bias, std::nullopt, 1e-5})),
            1e-6);
  const Tensor plain = first(run(
      "henson::linear", {x, weight, None{}, std::string("none"), None{}, None{}, None{}, None{}}));
  EXPECT_LT(largest_difference(plain, linear(system_memory(), x, weight, std::nullopt)), 1e-6);
}

TEST(FusedOperators, FeedForwardIsTwoLinears) {
  const Tensor x = random_tensor({2, 4}, 1);
  const Tensor up = random_tensor({6, 4}, 2);
  const Tensor down = random_tensor({4, 6}, 3);
  const Tensor wide =
      activate(system_memory(), linear(system_memory(), x, up, std::nullopt), "gelu_quick");
  const Tensor result =
      first(run("henson::feed_forward", {x, up, None{}, std::string("gelu_quick"), down, None{}, x,
                                         None{}, None{}, 1e-12}));
  const Tensor residual = first(
      run("henson::linear", {wide, down, None{}, std::string("none"), x, None{}, None{}, 1e-12}));
  EXPECT_LT(largest_difference(result, residual), 1e-6);
}

TEST(FusedOperators, UnknownActivation) {
  EXPECT_THROW(activate(system_memory(), Tensor::scalar(1.0), "x"), Error);
}

FusedAttention two_heads() {
  FusedAttention options;
  options.heads = 2;
  options.scale = 0.5;
  return options;
}

TEST(FusedOperators, AttentionTakesHeadsSplitOrNot) {
  const Tensor q = random_tensor({1, 3, 8}, 1);
  const Tensor k = random_tensor({1, 5, 8}, 2);
  const Tensor v = random_tensor({1, 5, 8}, 3);
  const auto split = [](const Tensor& t) {
    return transpose(reshape(system_memory(), t, Dims{1, t.size(1), 2, 4}), 1, 2);
  };
  FusedAttention options = two_heads();
  options.bias = random_tensor({1, 1, 3, 5}, 4);
  const FusedAttentionResult whole = fused_attention(system_memory(), q, k, v, options);
  EXPECT_EQ(whole.output.sizes(), (Dims{1, 2, 3, 4}));
  EXPECT_EQ(whole.weights.sizes(), (Dims{1, 2, 3, 5}));
  options.merged = true;
  const FusedAttentionResult merged =
      fused_attention(system_memory(), split(q), k, split(v), options);
  EXPECT_EQ(merged.output.sizes(), (Dims{1, 3, 8}));
  EXPECT_LT(largest_difference(split(merged.output), whole.output), 1e-6);
}

TEST(FusedOperators, AMaskOfMoreSequencesIsRefusedWhereTheResultIsAsTheQuery) {
  const Tensor x = random_tensor({1, 3, 8}, 1);
  FusedAttention options = two_heads();
  options.bias = random_tensor({2, 1, 3, 3}, 4);
  EXPECT_EQ(fused_attention(system_memory(), x, x, x, options).output.sizes(), (Dims{2, 2, 3, 4}));
  options.as_query = true;
  try {
    fused_attention(system_memory(), x, x, x, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_STREQ(error.what(), "the mask is for 2 sequences of 3 tokens, the query has 1 of 3");
  }
}

TEST(FusedOperators, ARowWithoutKeysIsZerosWhenSafe) {
  const Tensor x = random_tensor({1, 2, 8}, 1);
  FusedAttention options = two_heads();
  options.fill = Tensor::scalar(true);
  options.fill_value = -std::numeric_limits<double>::infinity();
  const float unsafe = *fused_attention(system_memory(), x, x, x, options).output.data<float>();
  EXPECT_NE(unsafe, unsafe);
  options.safe = true;
  EXPECT_EQ(*fused_attention(system_memory(), x, x, x, options).output.data<float>(), 0);
}

TEST(FusedOperators, EmbeddingsBroadcast) {
  const Tensor words = random_tensor({7, 4}, 1);
  Tensor ids = Tensor::empty(system_memory(), DType::kInt64, {2, 3});
  for (std::int64_t i = 0; i < 6; ++i) ids.mutable_data<std::int64_t>()[i] = i;
  const Tensor positions = random_tensor({1, 3, 4}, 2);
  const Tensor sum =
      first(run("henson::embeddings", {Value::list({words}), Value::list({ids}),
                                       Value::list({positions}), None{}, None{}, None{}}));
  EXPECT_EQ(sum.sizes(), (Dims{2, 3, 4}));
  EXPECT_FLOAT_EQ(sum.data<float>()[4 * 4],
                  words.data<float>()[4 * 4] + positions.data<float>()[4]);
}

}  // namespace
}  // namespace henson::runtime
