#include "tests/runtime/failing_allocations.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

std::atomic<std::int64_t> until_failure{kNever};  // counted down while armed
std::atomic<bool> failed{false};
std::atomic<std::int64_t> alive{0};
std::atomic<std::int64_t> made{0};

void* counted(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  alive.fetch_add(1, std::memory_order_relaxed);
  made.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void fail_if_due() {
  if (until_failure.load(std::memory_order_relaxed) == kNever) return;
  if (until_failure.fetch_sub(1, std::memory_order_relaxed) != 0) return;
  failed.store(true, std::memory_order_relaxed);
  throw std::bad_alloc();
}

void release(void* block) noexcept {
  if (block == nullptr) return;
  alive.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  fail_if_due();
  return counted(std::malloc(std::max<std::size_t>(size, 1)));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  fail_if_due();
  const auto line = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(line, std::max(line, (size + line - 1) / line * line)));
}

void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }

namespace henson::test {

FailingAllocation::FailingAllocation(std::int64_t number) {
  failed.store(false);
  until_failure.store(number);
}

FailingAllocation::~FailingAllocation() { until_failure.store(kNever); }

bool FailingAllocation::happened() { return failed.load(); }

std::int64_t blocks_alive() { return alive.load(); }
std::int64_t blocks_made() { return made.load(); }

}  // namespace henson::test
