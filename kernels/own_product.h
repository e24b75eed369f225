// Our own products: weights in panels, tiles in registers.
#pragma once

#include <memory>

#include "kernels/product.h"

namespace henson::kernels {

std::unique_ptr<PackedWeights> make_own_weights(std::size_t out, std::size_t in);

}  // namespace henson::kernels
