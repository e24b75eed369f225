// Which tensors of two archives are the same one, and how they differ. Internal to henson/diff.h.
#pragma once

#include "henson/diff.h"
#include "runtime/inspection/diff_side.h"

namespace henson::runtime {

/// Fills in tensors, removed, added and layers. The code has been compared.
void diff_tensors(const DiffSide& a, const DiffSide& b, ArchiveDifference& difference);

}  // namespace henson::runtime
