// What is wrong with inputs that a computation has refused.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "runtime/graph/graph.h"
#include "runtime/value.h"

namespace henson::runtime {

/// Why a computation refused its inputs (a value for each of graph.inputs), in the caller's terms:
/// one has more tokens than the model has positions for, or ids outside of the table that they are
/// rows of. Nothing when it is neither.
std::optional<std::string> explain_refusal(const Graph& graph, std::span<const Value> inputs);

}  // namespace henson::runtime
