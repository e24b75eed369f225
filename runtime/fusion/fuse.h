// Rewrites a graph into fewer and larger steps that mean the same.
#pragma once

#include <span>
#include <string_view>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// A graph that computes the same from the same inputs, with the fused operators of
/// operators/fused.h wherever a pass could show that they fit. Weights stay shared. To be called
/// after unlock().
Graph fuse(const Graph& graph);

struct FusionPass {
  std::string_view name;
  void (*run)(Graph& graph) = nullptr;
};
/// The passes that fuse() runs, in its order.
std::span<const FusionPass> fusion_passes();

// The passes. Each leaves alone what it can not show to be
// the same, and whatever a write may reach.

/// Finds dtypes that the builder could not tell.
void infer_dtypes(Graph& graph);
/// In-place operators whose target nothing else sees become the plain ones.
void functionalize(Graph& graph);
/// Computes what follows from constants alone, merges equal computations, drops steps that change
/// nothing. Runs again after share_sizes(), which makes computations of several layers equal.
void fold(Graph& graph);
/// Layer norm written out becomes aten::layer_norm.
void fuse_layer_norm(Graph& graph);
/// Asks for each size where it is first known, of an input or of an early layer norm, so that no
/// value inside of a layer is kept for its size alone; sizes that are numbers become constants.
void share_sizes(Graph& graph);
/// GELU, SiLU and their like written out become one operator: aten::gelu, aten::silu, or a
/// henson::linear's activation.
void fuse_activation(Graph& graph);
/// Sums of rows of tables become henson::embeddings.
void fuse_embeddings(Graph& graph);
/// Attention in all its forms becomes henson::attention, heads split and merged within.
void fuse_attention(Graph& graph);
/// Products with a constant matrix become henson::linear, with bias, activation, residual and layer
/// norm.
void fuse_linear(Graph& graph);
/// Several henson::linear over one input become henson::projections.
void fuse_projections(Graph& graph);
/// Two henson::linear after each other become henson::feed_forward.
void fuse_feed_forward(Graph& graph);

}  // namespace henson::runtime
