#include "kernels/product.h"

#include <cstdlib>

#include "kernels/own_product.h"
#if HENSON_HAS_ONEDNN
#include "kernels/onednn_product.h"
#endif

namespace henson::kernels {

std::string_view name_of(GemmBackend backend) noexcept {
  return backend == GemmBackend::kOwn ? "own" : "onednn";
}

bool is_built(GemmBackend backend) noexcept {
  return backend == GemmBackend::kOwn || HENSON_HAS_ONEDNN;
}

GemmBackend default_backend() {
  const char* const wanted = std::getenv("HENSON_PRODUCTS");
  for (const GemmBackend backend : {GemmBackend::kOwn, GemmBackend::kOneDnn}) {
    if (wanted != nullptr && name_of(backend) == wanted && is_built(backend)) return backend;
  }
  const bool own_wins = active_isa() >= Isa::kAvx2 || !is_built(GemmBackend::kOneDnn);
  return own_wins ? GemmBackend::kOwn : GemmBackend::kOneDnn;
}

std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, GemmBackend backend) {
#if HENSON_HAS_ONEDNN
  if (backend == GemmBackend::kOneDnn) return make_onednn_weights(out, in);
#endif
  (void)backend;
  return make_own_weights(out, in);
}

}  // namespace henson::kernels
