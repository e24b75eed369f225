// Memory that the runs of one session use again and again.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "kernels/aligned.h"

namespace henson::runtime {

/// Hands out parts of a few large regions. They grow to what the largest run needs and no further;
/// a run that fits takes nothing from the system. One thread at a time.
class BufferPool {
 public:
  /// While it lives, Buffer::allocate of this thread takes from the pool.
  class Scope {
   public:
    explicit Scope(BufferPool& pool);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    BufferPool* before_;
  };
  /// While it lives, Buffer::allocate of this thread takes from the system: for what outlives a
  /// run.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    BufferPool* before_;
  };

  /// The pool of this thread's innermost scope, or null.
  static BufferPool* current() noexcept;

  /// Uninitialized, aligned to a cache line. Throws std::bad_alloc.
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* part) noexcept;

  /// To be called when nothing is taken: several regions become one.
  void settle();
  /// What the regions hold together.
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  void add_region(std::size_t bytes);

  std::vector<kernels::AlignedArray<std::byte>> regions_;
  std::size_t capacity_ = 0;
  std::map<std::byte*, std::size_t> free_;   // by address; neighbours within a region are merged
  std::map<std::byte*, std::size_t> taken_;  // likewise
};

}  // namespace henson::runtime
