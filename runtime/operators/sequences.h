// Operators that make sequences of numbers: arange, linspace, the indices of a triangle.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

void register_sequences(OperatorTable& table);

}  // namespace henson::runtime
