// What the values of a graph are used for.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// For each value, whether a node or the output reads it.
std::vector<bool> read_values(const Graph& graph);

/// For each value, whether an embedding takes its elements as indices, as they are or seen through
/// views.
std::vector<bool> embedding_indices(const Graph& graph);

}  // namespace henson::runtime
