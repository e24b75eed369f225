// Runs a graph node by node on the reference kernels: slow, exact, the oracle of everything else.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Prepared once for a graph, which must outlive it; run() may be called concurrently.
class Interpreter {
 public:
  explicit Interpreter(const Graph& graph);

  /// One value for each of graph.inputs, in order. Returns one value for each leaf of graph.output,
  /// in order. Tensors of the results may alias inputs and weights. Throws henson::Error with the
  /// line of the code.
  std::vector<Value> run(std::span<const Value> inputs) const;

 private:
  /// Constants that the graph writes into: each run gets its own, all views of a buffer together.
  struct WrittenBuffer {
    std::shared_ptr<Buffer> buffer;
    std::vector<ValueId> constants;
  };
  void find_written_values();
  void renew_written_constants(std::vector<Value>& values) const;

  const Graph& graph_;
  std::vector<ValueId> leaves_;
  std::vector<std::vector<ValueId>>
      dying_;                  // for each node, the values that nothing reads after it
  std::vector<bool> written_;  // for each value, whether a write may reach it
  std::vector<WrittenBuffer> written_buffers_;
};

}  // namespace henson::runtime
