// Inputs for a model of which nothing was recorded.
#pragma once

#include <vector>

#include "runtime/henson.h"

namespace henson::tools {

/// Several cases, inputs by path: the traced shape first, then other batches and lengths. Integers
/// are 0 or 1, which every embedding table of two rows has; those after the first input are 1 in
/// all cases but the last, as a mask without padding is. Floats are 1 in 2-D and 4-D inputs, which
/// may be masks, and random in others. Where the archive does not tell shapes, [2, 7] of int64.
/// The same model gives the same inputs.
std::vector<std::vector<NamedInput>> random_inputs(const Model& model);

}  // namespace henson::tools
