// Builds the graph of an archive's computation from its code and its module tree.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "loader/archive.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

struct BuildOptions {
  std::string method = "forward";
  /// Parameters that a caller leaves out: they get their default values (None and the like).
  std::set<std::string> omitted;
};

/// A parameter of the method, as it was written.
struct ParameterInfo {
  std::string name;
  bool has_default = false;
  bool open = false;  // a dict or a list: what it holds is what the code takes from it
};

struct BuiltGraph {
  Graph graph;
  std::vector<ParameterInfo> parameters;
};

/// Inlines every submodule and resolves every `if`. Throws henson::Error with the entry and line of
/// what is not supported: an operator outside of the table, control flow that depends on the data,
/// …. Weights are shared with the archive, not copied. May be called concurrently.
BuiltGraph build_graph(const loader::Archive& archive, const BuildOptions& options = {});

}  // namespace henson::runtime
