// The arguments of a fused node that are known at load, by their place in its schema.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

class NodeArguments {
 public:
  NodeArguments(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  ValueId id(std::size_t i) const { return node_.inputs[i]; }
  bool is_none(std::size_t i) const;
  /// A constant tensor; nothing when it is computed.
  std::optional<Tensor> tensor(std::size_t i) const;
  /// The items of a list of constant tensors, or nothing; an item may be None (undefined).
  std::optional<std::vector<Tensor>> tensors(std::size_t i) const;
  std::optional<double> number(std::size_t i) const;
  /// An int[] constant.
  std::optional<std::vector<std::int64_t>> numbers(std::size_t i) const;
  std::optional<bool> flag(std::size_t i) const;
  std::optional<std::string> string(std::size_t i) const;

  /// A weight of a product: a constant matrix of float32, float16 or bfloat16.
  std::optional<Tensor> matrix(std::size_t i) const;
  /// A vector of `size` such numbers: empty for None, nothing when it is something else.
  std::optional<std::vector<float>> vector(std::size_t i, std::size_t size) const;
  std::optional<kernels::Activation> activation(std::size_t i) const;

 private:
  /// The values that a list is made of; nothing when it is not made of values.
  std::optional<std::vector<ValueId>> list(std::size_t i) const;
  const std::optional<Value>& constant(std::size_t i) const {
    return graph_.values[node_.inputs[i]].constant;
  }

  const Graph& graph_;
  const Node& node_;
};

/// Whether a tensor is a matrix of float32, float16 or bfloat16.
bool is_matrix(const Tensor& tensor);
/// The numbers of a vector of `size` of these types; nothing when it is none; empty when undefined.
std::optional<std::vector<float>> numbers_of(const Tensor& tensor, std::size_t size);

}  // namespace henson::runtime
