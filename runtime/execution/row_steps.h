// Steps that work row by row: embeddings and layer norm.
#pragma once

#include <memory>

#include "runtime/execution/step.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// aten::layer_norm over the last dimension; null when the kernels cannot take it.
std::unique_ptr<Step> make_layer_norm(const Graph& graph, const Node& node);
/// henson::embeddings; likewise.
std::unique_ptr<Step> make_embeddings(const Graph& graph, const Node& node);

}  // namespace henson::runtime
