// The groups of operators that select elements by index.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

void register_gathering(OperatorTable& table);   // gather, scatter, take
void register_embedding(OperatorTable& table);   // embedding, embedding_bag, one_hot
void register_scattering(OperatorTable& table);  // select_scatter, slice_scatter, …

}  // namespace henson::runtime
