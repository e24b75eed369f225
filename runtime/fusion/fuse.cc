#include "runtime/fusion/fuse.h"

namespace henson::runtime {

std::span<const FusionPass> fusion_passes() {
  static constexpr FusionPass kPasses[] = {{"infer_dtypes", infer_dtypes},
                                           {"functionalize", functionalize},
                                           {"fold", fold},
                                           {"fuse_layer_norm", fuse_layer_norm},
                                           {"share_sizes", share_sizes},
                                           {"fold", fold},
                                           {"fuse_activation", fuse_activation},
                                           {"fuse_embeddings", fuse_embeddings},
                                           {"fuse_attention", fuse_attention},
                                           {"fuse_linear", fuse_linear},
                                           {"fuse_projections", fuse_projections},
                                           {"fuse_feed_forward", fuse_feed_forward}};
  return kPasses;
}

Graph fuse(const Graph& graph) {
  Graph fused = graph;
  for (const FusionPass& pass : fusion_passes()) pass.run(fused);
  return fused;
}

}  // namespace henson::runtime
