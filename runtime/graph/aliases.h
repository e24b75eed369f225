// Which values share memory with one that is written.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// For each value, whether a write may ever reach its elements or its sizes, through any alias:
/// views, lists and tuples, constants over the same bytes.
std::vector<bool> written_values(const Graph& graph);

}  // namespace henson::runtime
