// Products by oneDNN, for CPUs that our own kernel does not know, and to measure it against.
#pragma once

#include <memory>

#include "kernels/product.h"

namespace henson::kernels {

/// Each product runs on the thread that calls it.
std::unique_ptr<PackedWeights> make_onednn_weights(std::size_t out, std::size_t in);

}  // namespace henson::kernels
