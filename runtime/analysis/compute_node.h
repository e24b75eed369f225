// Computes a node while the graph is still being rewritten.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// The results of an operator's node on these inputs. Nothing when it refuses them: it then fails
/// where the code says so, when it runs.
std::optional<std::vector<Value>> compute_node(const Node& node, std::span<const Value> inputs);

}  // namespace henson::runtime
