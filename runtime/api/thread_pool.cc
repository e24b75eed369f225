#include "henson/thread_pool.h"

#include "runtime/api/guarded.h"
#include "runtime/api/thread_pool_impl.h"

namespace henson {

ThreadPool::ThreadPool(RuntimeOptions options)
    : impl_(runtime::guarded([&] {
        return std::make_shared<Impl>(
            Impl{std::make_shared<runtime::ThreadTeam>(runtime::checked_threads(options.threads)),
                 std::make_shared<runtime::MemoryCount>(runtime::limit_of(options.memory_limit), 0,
                                                        nullptr, "all runs of the pool together")});
      })) {}

int ThreadPool::threads() const noexcept {
  return impl_ ? static_cast<int>(impl_->team->size()) : 0;
}

std::size_t ThreadPool::memory() const noexcept { return impl_ ? impl_->memory->alive() : 0; }

const ThreadPoolAccess::Impl& ThreadPoolAccess::impl(const ThreadPool& pool) {
  return runtime::held(pool.impl_, "pool of threads");
}

}  // namespace henson
