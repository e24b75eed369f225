// Weights for products of narrow numbers.
#pragma once

#include <memory>

#include "kernels/product.h"

namespace henson::kernels {

/// 8 bits with a scale for each column. Exact integer sums within a piece of `in`; see int8_rows.h
/// for the rows.
std::unique_ptr<PackedWeights> make_int8_weights(std::size_t out, std::size_t in);

/// bfloat16, with rows of bfloat16; null where the active instruction set has no products of these.
std::unique_ptr<PackedWeights> make_bf16_weights(std::size_t out, std::size_t in);

}  // namespace henson::kernels
