// What there is to tell of an archive and its graph: inputs, tensors, structure, notes.
#pragma once

#include <string>
#include <vector>

#include "henson/henson.h"
#include "loader/archive.h"
#include "runtime/import/builder.h"
#include "runtime/unlock/unlock.h"

namespace henson::runtime {

/// Methods of the archive's module that a caller may run.
std::vector<std::string> methods_of(const loader::Archive& archive);
/// Throws kUnsupported when the archive's module has no method of that name, with those that it
/// has.
void check_method(const loader::Archive& archive, const std::string& method);
std::vector<InputInfo> describe_inputs(const loader::Archive& archive, const std::string& method,
                                       const Graph& graph, const UnlockResult& unlocked);
std::vector<WeightInfo> describe_weights(const loader::Archive& archive);
/// All that needs no graph.
ModelInfo describe_archive(const loader::Archive& archive);
/// The rest.
void describe_graph(const Graph& graph, ModelInfo& info);
/// The shapes of the dummy input, for those of the graph's inputs of which the archive tells.
TracedShapes traced_shapes(const loader::Archive& archive, const std::string& method,
                           const Graph& graph);
std::vector<Lock> describe_locks(const UnlockResult& unlocked);
std::vector<std::string> notes_of(const Graph& graph);
/// A line a node: what it computes, of what, and where the code says so.
std::vector<std::string> describe_nodes(const Graph& graph);

}  // namespace henson::runtime
