#include "runtime/fusion/fuse.h"

namespace henson::runtime {

Graph fuse(const Graph& graph) {
  Graph fused = graph;
  for (const auto pass :
       {infer_dtypes, remove_writes, fold, fuse_layer_norm, share_sizes, fold, fuse_activation,
        fuse_embeddings, fuse_attention, fuse_linear, fuse_projections, fuse_feed_forward}) {
    pass(fused);
  }
  return fused;
}

}  // namespace henson::runtime
