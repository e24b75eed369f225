// The groups of operators that select elements by index.
#pragma once

#include "runtime/operators/inference.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {

void register_gathering(OperatorTable& table);   // gather, scatter, take
void register_embedding(OperatorTable& table);   // embedding, embedding_bag, one_hot
void register_scattering(OperatorTable& table);  // select_scatter, slice_scatter, …

/// The sizes of what says where the first argument's elements are not 0, and of those that a mask
/// picks: how many there are depends on the data.
namespace shapes {

void places(Inference& call);
void counted_ones(Inference& call);

}  // namespace shapes

}  // namespace henson::runtime
