// Where the values of a graph come from, by what its operators say of themselves (Trait in
// runtime/operators/rule.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/graph/node_traits.h"

namespace henson::runtime {

/// Which node makes each value. The graph must outlive it, and keep its nodes as they are.
class Producers {
 public:
  explicit Producers(const Graph& graph);

  const Graph& graph() const { return graph_; }
  /// Null for inputs and constants.
  const Node* of(ValueId id) const;
  /// Its place among the nodes.
  std::optional<std::size_t> place_of(ValueId id) const { return places_[id]; }
  /// The items of a list that a node puts together; of anything else the value itself.
  std::vector<ValueId> items_of(ValueId id) const;

 private:
  const Graph& graph_;
  std::vector<std::optional<std::size_t>> places_;
};

/// The place of an operator's argument of that name.
std::optional<std::size_t> argument_of(const Node& node, std::string_view name);

/// Whether the elements of a node's results depend on those of an argument: not on its sizes and
/// type alone.
bool reads_elements(const Node& node, std::size_t argument);

/// A table, and the value whose elements say which of its rows are taken.
struct Lookup {
  ValueId table = 0;
  ValueId indices = 0;
};
/// The lookups of a node: several where it takes lists of tables and of indices.
std::vector<Lookup> lookups_of(const Producers& producers, const Node& node);

/// What a node multiplies by that may be a weight: its argument `weight`, or each of its factors.
std::vector<ValueId> factors_of(const Producers& producers, const Node& node);

/// For each value, whether any input has a part in it.
std::vector<bool> computed_from_inputs(const Graph& graph);

}  // namespace henson::runtime
