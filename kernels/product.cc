#include "kernels/product.h"

#include <cstdlib>
#include <utility>

#include "kernels/dot_weights.h"
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

std::string_view name_of(WeightType type) noexcept {
  switch (type) {
    case WeightType::kFloat32:
      return "fp32";
    case WeightType::kBFloat16:
      return "bf16";
    case WeightType::kInt8:
      return "int8";
  }
  return "";
}

std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, WeightType type) {
  if (type == WeightType::kInt8) return make_int8_weights(out, in);
  if (type == WeightType::kFloat32) return make_weights(out, in, default_backend());
  std::unique_ptr<PackedWeights> weights = make_bf16_weights(out, in);
  return weights != nullptr ? std::move(weights) : make_widened_weights(out, in);
}

}  // namespace henson::kernels
