// Graphs before and after a pass, for tests: random inputs, and how far the answers are apart.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/execution/interpreter.h"
#include "runtime/tensor/tensor.h"
#include "tests/runtime/differences.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime::test {

/// Normally distributed float32.
inline Tensor random_tensor(Dims sizes, unsigned seed, float deviation = 1) {
  Tensor tensor = Tensor::empty(system_memory(), DType::kFloat32, std::move(sizes));
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, deviation);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    tensor.mutable_data<float>()[i] = normal(generator);
  }
  return tensor;
}

/// A random parameter of an archive.
inline loader::Value random_weight(Dims sizes, unsigned seed, float deviation = 1) {
  const Tensor tensor = random_tensor(sizes, seed, deviation);
  return stored(std::move(sizes), {tensor.data<float>(), tensor.data<float>() + tensor.numel()});
}

inline Tensor int_tensor(Dims sizes, const std::vector<std::int64_t>& values) {
  Tensor tensor = Tensor::empty(system_memory(), DType::kInt64, std::move(sizes));
  std::copy(values.begin(), values.end(), tensor.mutable_data<std::int64_t>());
  return tensor;
}

/// How many calls of an operator a graph has.
inline std::size_t count_of(const Graph& graph, const std::string& name) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
        return node.kind == NodeKind::kOperator && node.op->schema.name == name;
      }));
}

/// Expects that both graphs give the same answers to the inputs.
inline void expect_same(const Graph& before, const Graph& after, std::span<const Value> inputs,
                        double tolerance = 1e-5) {
  const std::vector<Value> expected = Interpreter(before).run(inputs);
  const std::vector<Value> results = Interpreter(after).run(inputs);
  ASSERT_EQ(expected.size(), results.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].index(), results[i].index());
    if (!expected[i].is<Tensor>()) continue;
    EXPECT_LE(largest_difference(results[i].as<Tensor>(), expected[i].as<Tensor>()), tolerance);
  }
}

}  // namespace henson::runtime::test
