// Bools from outside: in a file or a caller's memory any byte may stand for one.
#pragma once

#include <memory>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// The buffer itself when each of its bytes is 0 or 1, which is all that a C++ bool may be; else a
/// read-only copy with 1 for every other byte, as PyTorch reads them.
std::shared_ptr<Buffer> as_bools(std::shared_ptr<Buffer> buffer);

}  // namespace henson::runtime
