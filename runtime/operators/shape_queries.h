// Operators that tell a tensor's sizes, dtype and place.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

void register_shape_queries(OperatorTable& table);

}  // namespace henson::runtime
