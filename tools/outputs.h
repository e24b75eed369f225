// A model's output by names, as npz files and tables have it.
#pragma once

#include <vector>

#include "henson/henson.h"
#include "tools/npz.h"

namespace henson::tools {

/// All tensors of an output, named "0", "1", … in order. Those of a dict have its keys as names:
/// "last_hidden_state"; what lies within a value, "hidden_states.0".
std::vector<NamedArray> named_tensors(const Output& output);

}  // namespace henson::tools
