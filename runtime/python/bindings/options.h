// Options as Python writes them.
#pragma once

#include <string>

#include "henson/henson.h"

namespace henson::python {

/// "fp32", "bf16", "int8", and other usual names of these.
Precision precision_of(const std::string& name);
/// "plan", "interpreter".
Executor executor_of(const std::string& name);

}  // namespace henson::python
