// Rewrites a graph into fewer and larger steps that mean the same.
#pragma once

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// A graph that computes the same from the same inputs, with the fused operators of
/// operators/fused.h wherever a pass could show that they fit. Weights stay shared. To be called
/// after unlock().
Graph fuse(const Graph& graph);

// The passes, in the order in which fuse() runs them. Each leaves alone what it can not show to be
// the same, and whatever a write may reach.

/// In-place operators whose target nothing else sees become the plain ones.
void remove_writes(Graph& graph);

}  // namespace henson::runtime
