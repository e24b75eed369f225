// Inputs for a model of which nothing was recorded.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/henson.h"

namespace henson::tools {

struct InputSizes {
  std::int64_t batch = 1;
  std::int64_t length = 1;
};

enum class Masks {
  kOnes,        // every token is seen
  kHideTokens,  // the last tokens of some sequences are not
};

/// Batch and length of the dummy input; [2, 7] where the archive does not tell.
InputSizes traced_sizes(const Model& model);

/// Inputs by path, of the traced shapes with batch and length changed. By what the computation does
/// with them, never by name: what indexes an embedding table is random over its rows; masks are
/// masks, and so are integers, booleans and floats of a mask's shape of which the computation does
/// not tell, but for the first input; other floats are random. Integers that index no table of
/// known size are 0 or 1. The same arguments give the same inputs.
std::vector<NamedInput> random_inputs(const Model& model, InputSizes sizes, Masks masks,
                                      unsigned seed);

/// Several cases of different batches and lengths, the traced shape first, with masks that hide
/// tokens.
std::vector<std::vector<NamedInput>> random_cases(const Model& model);

}  // namespace henson::tools
