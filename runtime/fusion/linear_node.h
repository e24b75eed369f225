// henson::linear and henson::feed_forward as the passes see them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "runtime/graph/match.h"

namespace henson::runtime {

/// Where the arguments of henson::linear are.
enum LinearArgument : std::size_t {
  kLinearInput,
  kLinearWeight,
  kLinearBias,
  kLinearActivation,
  kLinearResidual,
  kLinearNormWeight,
  kLinearNormBias,
  kLinearNormEps,
  kLinearReduceRange,  // of weights of 8 bits, as quantized::linear_dynamic has it; else none
};

/// What a henson::linear does beyond its product.
struct LinearParts {
  std::string activation;
  bool bias = false;
  bool residual = false;
  bool norm = false;

  bool int8 = false;  // weights of 8 bits

  bool product_only() const { return activation == "none" && !residual && !norm; }
};

/// The henson::linear that makes a value.
inline const Node* linear_of(const GraphEditor& edit, ValueId id) {
  return edit.call_of(id, "henson::linear");
}

inline LinearParts parts_of(const GraphEditor& edit, const Node& linear) {
  return {edit.text(linear.inputs[kLinearActivation]).value_or(""),
          !edit.is_none(linear.inputs[kLinearBias]), !edit.is_none(linear.inputs[kLinearResidual]),
          !edit.is_none(linear.inputs[kLinearNormEps]),
          !edit.is_none(linear.inputs[kLinearReduceRange])};
}

}  // namespace henson::runtime
