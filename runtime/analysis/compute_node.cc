#include "runtime/analysis/compute_node.h"

#include "henson/error.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {

std::optional<std::vector<Value>> compute_node(const Node& node, std::span<const Value> inputs) {
  std::vector<Value> results(node.outputs.size());
  try {
    Call call(system_memory(), inputs, results);
    node.op->kernel(call);
  } catch (const Error& error) {
    const ErrorCode code = error.code();
    if (code == ErrorCode::kCancelled || code == ErrorCode::kBadArchive) throw;
    return std::nullopt;  // the operator refuses its arguments
  }
  return results;
}

}  // namespace henson::runtime
