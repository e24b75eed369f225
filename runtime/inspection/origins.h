// Which of the archive's tensors the constants of a graph are, or are made of.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "runtime/analysis/data_flow.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Tensors of the archive by what values of its graph they are. Everything must outlive it.
class Origins {
 public:
  /// `graph`: as the archive has it. Passes keep the numbers of its values, so that a constant that
  /// they made of weights is known by the nodes that made it before.
  Origins(const Graph& graph, std::span<const WeightInfo> weights);

  /// The places among the weights, in order, of all that a value of `passed` is made of: several
  /// where tensors have the same elements. `passed`: the graph, after any passes.
  std::vector<std::size_t> of(const Graph& passed, ValueId id) const;
  /// For each weight, whether a node or the output reads it.
  std::vector<bool> read_weights() const;

 private:
  using Elements = std::pair<std::string, std::uint64_t>;  // the storage, and the first byte in it

  void add(const Value& value, const std::string& name, std::set<std::size_t>& found) const;
  void add_named(const std::string& name, std::set<std::size_t>& found) const;
  void add_tensor(const Tensor& tensor, std::set<std::size_t>& found) const;
  void add_made_of(ValueId id, std::set<std::size_t>& found) const;

  const Graph& graph_;
  Producers producers_;
  std::span<const WeightInfo> weights_;
  std::map<std::string, std::size_t> by_name_;
  std::map<Elements, std::vector<std::size_t>> by_elements_;
};

}  // namespace henson::runtime
