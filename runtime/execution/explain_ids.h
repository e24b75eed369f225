// Says in the user's terms what is wrong with ids that a computation refused.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "runtime/execution/frame.h"

namespace henson::runtime {

/// Of a node that picks rows of tables, and failed on these values: the input, the id and the table
/// by name. Nothing when the ids are not the reason.
std::optional<std::string> explain_ids(const Graph& graph, const Node& node, const Frame& frame);

/// Of inputs (a value for each of graph.inputs) on which any node failed: whether they have more
/// tokens than the model has positions for.
std::optional<std::string> explain_length(const Graph& graph, std::span<const Value> inputs);

}  // namespace henson::runtime
