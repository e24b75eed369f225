// What becomes of an archive's weights in the computation of its answer.
#pragma once

#include <cstddef>
#include <set>

#include "henson/inspect.h"

namespace henson::runtime {

/// Weights by their places among Inspection::tensors().
struct WeightUses {
  /// The answer depends on them. Some traces compute what they do not return.
  std::set<std::size_t> live;
  /// The archive holds them as [inputs, outputs], where a linear layer has them the other way
  /// round.
  std::set<std::size_t> turned;
};

/// Empty for an archive that does not run.
WeightUses find_weight_uses(const Inspection& archive);

}  // namespace henson::runtime
