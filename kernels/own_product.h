// Our own products: weights in panels, tiles in registers.
#pragma once

#include <memory>

#include "kernels/product.h"

namespace henson::kernels {

/// float32.
std::unique_ptr<PackedWeights> make_own_weights(std::size_t out, std::size_t in);
/// bfloat16, made float32 on the way to the registers: half the memory, for CPUs that multiply
/// nothing narrower. Rows of x are not rounded.
std::unique_ptr<PackedWeights> make_widened_weights(std::size_t out, std::size_t in);

}  // namespace henson::kernels
