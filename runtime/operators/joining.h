// Tensors put together and repeated.
#pragma once

#include <vector>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// Along an existing dimension, in the promoted dtype. Vectors without elements count for nothing.
/// Throws henson::Error (kBadInput) when the other sizes differ.
Tensor cat(Allocator& memory, const std::vector<Tensor>& tensors, std::int64_t dim);
/// Along a new dimension.
Tensor stack(Allocator& memory, const std::vector<Tensor>& tensors, std::int64_t dim);
/// PyTorch's repeat: as many copies a dimension.
Tensor repeat(Allocator& memory, const Tensor& tensor, const Dims& repeats);

void register_repeating(OperatorTable& table);  // repeat, repeat_interleave, tile, roll, flip
void register_padding(OperatorTable& table);    // pad and its kin
void register_diagonals(OperatorTable& table);  // tril, triu, diag, trace
void register_products(OperatorTable& table);   // outer, kron, cartesian_prod, meshgrid

}  // namespace henson::runtime
