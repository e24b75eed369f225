// How the code of two archives differs. Internal to henson/diff.h.
#pragma once

#include "henson/diff.h"
#include "runtime/inspection/diff_side.h"

namespace henson::runtime {

CodeDifference diff_code(const DiffSide& a, const DiffSide& b);

}  // namespace henson::runtime
