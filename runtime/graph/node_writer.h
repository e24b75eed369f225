// Calls of operators, as a pass adds them to a graph.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Appends nodes to a list, whose place in the graph is the pass's affair. The graph and the list
/// must outlive it.
class NodeWriter {
 public:
  NodeWriter(Graph& graph, std::vector<Node>& nodes) : graph_(graph), nodes_(nodes) {}

  ValueId number(std::int64_t value) { return graph_.add_constant(value, {TypeKind::kInt, {}}); }
  /// The overload of today that takes the inputs, with defaults for what is left out. Returns its
  /// first result.
  ValueId call(const std::string& name, const std::vector<ValueId>& inputs,
               const script::SourceLine& where);
  /// A list of ints.
  ValueId list(std::vector<ValueId> items, const script::SourceLine& where);

 private:
  Graph& graph_;
  std::vector<Node>& nodes_;
};

}  // namespace henson::runtime
