// What is known of a model's outputs before any run.
#pragma once

#include <span>
#include <vector>

#include "henson/henson.h"
#include "runtime/graph/graph.h"
#include "runtime/unlock/unlock.h"

namespace henson::runtime {

/// As Model::outputs() gives them. `inputs`: of the same graph, as unlock() has settled it.
std::vector<OutputInfo> describe_outputs(const Graph& graph, std::span<const InputInfo> inputs,
                                         const UnlockResult& unlocked);

}  // namespace henson::runtime
