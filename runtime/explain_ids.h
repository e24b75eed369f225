// Says in the user's terms which id asks for a row that a table does not have.
#pragma once

#include <optional>
#include <string>

#include "runtime/frame.h"

namespace henson::runtime {

/// Of a node that picks rows of tables, and failed on these values: the input, the id and the table
/// by name. Nothing when the ids are not the reason.
std::optional<std::string> explain_ids(const Graph& graph, const Node& node, const Frame& frame);

}  // namespace henson::runtime
