// LSTM, GRU and plain recurrent layers.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

void register_recurrent(OperatorTable& table);

}  // namespace henson::runtime
