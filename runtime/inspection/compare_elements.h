// Two tensors, element by element, as real numbers.
#pragma once

#include <cstdint>

#include "henson/henson.h"

namespace henson::runtime {

struct ElementComparison {
  bool equal = true;
  bool rounded = true;  // equal but for the rounding to the narrower of the two dtypes
  double largest = 0;   // difference; infinite where one side alone is no finite number
  double squares_a = 0;
  double squares_difference = 0;
  double product = 0;  // the dot product
  double squares_b = 0;

  double relative_norm() const;
  double cosine() const;
};

/// A weight whose elements are there, or the transpose of it.
struct ComparedWeight {
  const WeightInfo& weight;
  bool turned = false;
};

/// Of two with the same shape, so turned: all elements, or the first `most`. Stops at the first
/// difference beyond rounding when `stop_early`.
ElementComparison compare_elements(const ComparedWeight& a, const ComparedWeight& b,
                                   std::int64_t most = INT64_MAX, bool stop_early = false);

}  // namespace henson::runtime
