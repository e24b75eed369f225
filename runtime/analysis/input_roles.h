// What the computation does with a model's inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "henson/henson.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// The role of each input of the graph, in order.
std::vector<InputRole> input_roles(const Graph& graph);

/// The smallest table, as wide as that of the words, whose indices are computed or are those of an
/// input of the role kPositions. Nothing when there is none.
std::optional<PositionTable> find_position_table(const Graph& graph);

}  // namespace henson::runtime
