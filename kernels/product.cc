#include "kernels/product.h"

#include <cstdlib>

#include "kernels/own_product.h"
#if HENSON_HAS_ONEDNN
#include "kernels/onednn_product.h"
#endif

namespace henson::kernels {

std::string_view name_of(ProductMaker maker) noexcept {
  return maker == ProductMaker::kOwn ? "own" : "onednn";
}

bool is_built(ProductMaker maker) noexcept {
  return maker == ProductMaker::kOwn || HENSON_HAS_ONEDNN;
}

ProductMaker default_maker() {
  const char* const wanted = std::getenv("HENSON_PRODUCTS");
  for (const ProductMaker maker : {ProductMaker::kOwn, ProductMaker::kOneDnn}) {
    if (wanted != nullptr && name_of(maker) == wanted && is_built(maker)) return maker;
  }
  const bool own_wins = active_isa() >= Isa::kAvx2 || !is_built(ProductMaker::kOneDnn);
  return own_wins ? ProductMaker::kOwn : ProductMaker::kOneDnn;
}

std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, ProductMaker maker) {
#if HENSON_HAS_ONEDNN
  if (maker == ProductMaker::kOneDnn) return make_onednn_weights(out, in);
#endif
  (void)maker;
  return make_own_weights(out, in);
}

}  // namespace henson::kernels
