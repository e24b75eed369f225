// The values of one run of a graph, and how a node is run on them: what the interpreter and the
// plan have in common.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// One value for each value of a graph; None where there is none (yet, or any more).
using Frame = std::vector<Value>;

/// What is known of a graph's runs before any. The graph must outlive it. All functions may be
/// called concurrently.
class FramePlan {
 public:
  explicit FramePlan(const Graph& graph);

  /// A frame with the graph's constants.
  Frame new_frame() const;
  /// Sets the inputs, one for each of graph.inputs, in order, and renews the constants that the
  /// graph writes into.
  void start(Allocator& memory, Frame& frame, std::span<const Value> inputs) const;
  /// Runs one node on the reference kernels; what it makes is of `memory`. Throws henson::Error
  /// with the line of the code.
  void run_node(Allocator& memory, std::size_t node, Frame& frame) const;
  /// Drops the values that nothing reads after a node.
  void finish_node(std::size_t node, Frame& frame) const;
  /// Drops all values that are no constants.
  void clear(Frame& frame) const;
  /// One value for each leaf of graph.output, in order.
  std::vector<Value> outputs(const Frame& frame) const;
  /// Whether a value is a leaf of the output.
  bool is_output(ValueId id) const { return is_output_[id]; }

 private:
  /// Constants that the graph writes into: each run gets its own, all views of a buffer together.
  struct WrittenBuffer {
    std::shared_ptr<Buffer> buffer;
    std::vector<ValueId> constants;
  };
  void find_written_values();
  void renew_written_constants(Allocator& memory, Frame& frame) const;

  const Graph& graph_;
  std::vector<ValueId> leaves_;
  std::vector<bool> is_output_;
  std::vector<std::vector<ValueId>>
      dying_;                  // for each node, the values that nothing reads after it
  std::vector<bool> written_;  // for each value, whether a write may reach it
  std::vector<WrittenBuffer> written_buffers_;
};

/// Throws `error` again with the node's line and operator, unless it tells a place already.
[[noreturn]] void fail_at(const Node& node, const Error& error);
/// What memory that has run out is to the user: an error with the node's line and operator.
[[noreturn]] void fail_without_memory_at(const Node& node);

}  // namespace henson::runtime
