// Sizes as they would be if every input were [batch, length]: what an `if` on them would say. A
// guess alone: whoever follows it has the graph check it when it runs.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/operators/inference.h"

namespace henson::runtime {

class GuessedSizes {
 public:
  /// The graph, which may grow, must outlive it.
  explicit GuessedSizes(const Graph& graph) : graph_(graph) {}

  /// A number, flag, string or list of these; nothing where the sizes do not tell it.
  std::optional<Value> value_of(ValueId id) { return value_of(id, 0); }

 private:
  std::optional<Value> value_of(ValueId id, int depth);
  std::optional<Value> list_of(const Fact& known, ValueId id, int depth);
  std::optional<Value> compute(const Node& node, ValueId id, int depth);
  std::optional<Value> compare(const Node& node);
  std::optional<bool> equal(const Dimension& a, const Dimension& b) const;
  void catch_up();
  Fact fact(ValueId id) const;

  const Graph& graph_;
  std::size_t seen_ = 0;  // nodes
  std::map<ValueId, Fact> facts_;
  std::map<ValueId, std::size_t> makers_;
  std::map<ValueId, std::optional<Value>> values_;
};

}  // namespace henson::runtime
