// What a ThreadPool holds. Internal to the runtime.
#pragma once

#include <memory>

#include "henson/thread_pool.h"
#include "runtime/execution/thread_team.h"
#include "runtime/tensor/allocator.h"

namespace henson {

struct HENSON_HIDDEN ThreadPool::Impl {
  std::shared_ptr<runtime::ThreadTeam> team;
  std::shared_ptr<runtime::MemoryCount> memory;
};

/// The way from a ThreadPool to what it holds.
class ThreadPoolAccess {
 public:
  using Impl = ThreadPool::Impl;
  /// Throws henson::Error for one that was moved from.
  static const Impl& impl(const ThreadPool& pool);
};

}  // namespace henson
