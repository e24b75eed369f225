// Sizes of the dummy input that the code holds, each told once.
#pragma once

#include <span>
#include <vector>

#include "henson/inspect.h"
#include "runtime/unlock/unlock.h"

namespace henson::runtime {

/// `inputs`: those of the model that `unlocked` is of.
std::vector<LockGroup> group_locks(const UnlockResult& unlocked, std::span<const InputInfo> inputs);

}  // namespace henson::runtime
