// The ways in which activations are written.
#pragma once

#include <optional>
#include <string>

#include "runtime/graph/match.h"

namespace henson::runtime {

/// activation(x), by the names of operators/fused.h.
struct ActivationForm {
  std::string activation;
  ValueId x = 0;
};

/// What activation the value is the result of, as one operator or written out with numbers, sums,
/// products and erf, tanh or sigmoid. Nothing when it is none.
std::optional<ActivationForm> match_activation(const GraphEditor& edit, ValueId result);

}  // namespace henson::runtime
