// Runs a graph node by node on the reference kernels: slow, exact, the oracle of everything else.
#pragma once

#include <span>
#include <vector>

#include "runtime/execution/frame.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Prepared once for a graph, which must outlive it; run() may be called concurrently.
class Interpreter {
 public:
  explicit Interpreter(const Graph& graph) : frames_(graph), node_count_(graph.nodes.size()) {}

  /// One value for each of graph.inputs, in order. Returns one value for each leaf of graph.output,
  /// in order. Tensors of the results may alias inputs and weights. Throws henson::Error with the
  /// line of the code.
  std::vector<Value> run(std::span<const Value> inputs, Allocator& memory = system_memory()) const;

 private:
  FramePlan frames_;
  std::size_t node_count_;
};

}  // namespace henson::runtime
