#include "runtime/passes/fuse.h"

namespace henson::runtime {

Graph fuse(const Graph& graph) {
  Graph fused = graph;
  for (const auto pass : {remove_writes}) {
    pass(fused);
  }
  return fused;
}

}  // namespace henson::runtime
