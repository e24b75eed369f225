// Attention as a step of a plan.
#pragma once

#include <memory>

#include "runtime/execution/step.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// henson::attention and henson::attention_with_weights; null when the kernels cannot take it.
std::unique_ptr<Step> make_attention(const Graph& graph, const Node& node);

}  // namespace henson::runtime
