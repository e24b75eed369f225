// What follows from the numbers of the code alone, computed: torch.arange(6, -1, -1).
#pragma once

#include <optional>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Whether a value is a weight or buffer of the model, not a constant of the code.
bool is_weight(const GraphValue& value);
/// One that is no count or index.
bool is_real_weight(const GraphValue& value);

/// For each value of the graph the result of the nodes that make it, where neither an input nor a
/// weight has a part in it, nothing writes to it, and it is small.
std::vector<std::optional<Value>> baked_values(const Graph& graph);

}  // namespace henson::runtime
