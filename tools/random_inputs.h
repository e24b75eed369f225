// Inputs for a model of which nothing was recorded.
#pragma once

#include <cstdint>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

struct InputSizes {
  std::int64_t batch = 1;
  std::int64_t length = 1;
  /// Of inputs whose shape the archive does not tell: [batch, choices, length] of multiple choice;
  /// 0 for [batch, length].
  std::int64_t choices = 0;
};

enum class Masks {
  kOnes,        // every token is seen
  kHideTokens,  // the last tokens of some sequences are not
};

/// Batch and length of the dummy input; [2, 7] where the archive does not tell.
InputSizes traced_sizes(const Model& model);

/// Whether the archive tells the shapes of its dummy input.
bool tells_shapes(const Model& model);

/// Inputs by path, of the traced shapes with batch and length changed. By what the computation does
/// with them, never by name: what indexes an embedding table is random over its rows; masks are
/// masks, and so are integers, booleans and floats of a mask's shape of which the computation does
/// not tell, but for the first input; other floats are random. Integers that index no table of
/// known size are 0 or 1. The same arguments give the same inputs. Throws henson::Error for inputs
/// that would be too large, and so do the functions below and above: a file may tell any sizes.
std::vector<NamedInput> random_inputs(const Model& model, InputSizes sizes, Masks masks,
                                      unsigned seed);

/// Several cases of different batches and lengths, the traced shape first, with masks that hide
/// tokens; `choices` as in InputSizes.
std::vector<std::vector<NamedInput>> random_cases(const Model& model, std::int64_t choices = 0);

}  // namespace henson::tools
