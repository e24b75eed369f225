// What the computation does with an archive's weights.
#pragma once

#include <span>

#include "henson/henson.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Sets is_embedding_table and is_linear_weight, by what the graph does with each weight, as it is
/// or seen through views and casts. Weights over the same elements have the same roles.
void find_roles(const Graph& graph, std::span<WeightInfo> weights);

}  // namespace henson::runtime
