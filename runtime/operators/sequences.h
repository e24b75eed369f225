// Operators that make sequences of numbers: arange, linspace, the indices of a triangle.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// 0 to count - 1.
Tensor iota(std::int64_t count);
void register_sequences(OperatorTable& table);

}  // namespace henson::runtime
