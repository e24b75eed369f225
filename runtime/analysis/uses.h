// What the values of a graph are used for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// For each value, whether a node or the output reads it.
std::vector<bool> read_values(const Graph& graph);

/// For each value, whether an embedding takes its elements as indices, as they are or seen through
/// views.
std::vector<bool> embedding_indices(const Graph& graph);

/// For each value whose elements are rows of an embedding table, as they are, cast or seen through
/// views: how many rows that table has, the smallest of several.
std::vector<std::optional<std::int64_t>> table_rows(const Graph& graph);

}  // namespace henson::runtime
