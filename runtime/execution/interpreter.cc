#include "runtime/execution/interpreter.h"

namespace henson::runtime {

std::vector<Value> Interpreter::run(std::span<const Value> inputs, Allocator& memory) const {
  Frame frame = frames_.new_frame();
  frames_.start(memory, frame, inputs);
  for (std::size_t node = 0; node < node_count_; ++node) {
    frames_.run_node(memory, node, frame);
    frames_.finish_node(node, frame);
  }
  return frames_.outputs(frame);
}

}  // namespace henson::runtime
