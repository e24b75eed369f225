// Which values a graph's in-place operators may write, through views and lists.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// For each value of the graph, whether a write may reach its elements or its sizes.
std::vector<bool> written_values(const Graph& graph);

}  // namespace henson::runtime
