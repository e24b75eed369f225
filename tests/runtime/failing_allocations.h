// Lets any one allocation of a computation fail. The test program's operator new is replaced by one
// that counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace henson::test {

/// While it lives, the allocation with this number (from 0, of all threads) throws std::bad_alloc.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::int64_t number);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  /// Whether there were that many, and one failed.
  static bool happened();
};

/// Blocks that are allocated and not yet freed, of the whole program.
std::int64_t blocks_alive();
/// Blocks that were ever allocated.
std::int64_t blocks_made();

}  // namespace henson::test
