// Memory that the runs of one session use again and again.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "kernels/aligned.h"
#include "runtime/tensor/allocator.h"

namespace henson::runtime {

/// Hands out parts of a few large regions. They grow to what the largest run needs and no further;
/// a run that fits takes nothing from the system. One thread at a time.
class BufferPool {
 public:
  /// Its regions hold more than `most` bytes together only where the parts in use leave no other
  /// way.
  explicit BufferPool(std::size_t most = MemoryCount::kNoLimit) : most_(most) {}

  /// Uninitialized, aligned to a cache line. Throws std::bad_alloc, or henson::Error (kOutOfMemory)
  /// when the machine has no room.
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* part) noexcept;

  /// To be called when nothing is taken: several regions become one.
  void settle() noexcept;
  /// What the regions hold together.
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  void add_region(std::size_t bytes);
  void drop_free_regions() noexcept;

  std::vector<kernels::AlignedArray<std::byte>> regions_;
  std::size_t most_;
  std::size_t capacity_ = 0;
  std::map<std::byte*, std::size_t> free_;   // by address; neighbours within a region are merged
  std::map<std::byte*, std::size_t> taken_;  // likewise
};

}  // namespace henson::runtime
