#include "runtime/tensor/buffer_pool.h"

#include <algorithm>
#include <iterator>

namespace henson::runtime {
namespace {

thread_local BufferPool* innermost = nullptr;

constexpr std::size_t kLeastRegion = 1 << 16;

std::size_t rounded(std::size_t bytes) {
  constexpr std::size_t kLine = kernels::kAlignment;
  return std::max(kLine, (bytes + kLine - 1) / kLine * kLine);
}

}  // namespace

BufferPool::Scope::Scope(BufferPool& pool) : before_(innermost) { innermost = &pool; }
BufferPool::Scope::~Scope() { innermost = before_; }
BufferPool::Pause::Pause() : before_(innermost) { innermost = nullptr; }
BufferPool::Pause::~Pause() { innermost = before_; }
BufferPool* BufferPool::current() noexcept { return innermost; }

void BufferPool::add_region(std::size_t bytes) {
  regions_.emplace_back(bytes + kernels::kAlignment);
  // A line that is never handed out keeps the parts of two regions from being taken for neighbours.
  free_.emplace(regions_.back().data(), bytes);
  capacity_ += bytes;
}

std::byte* BufferPool::take(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  const auto fits = [&](const auto& part) { return part.second >= size; };
  auto found = std::find_if(free_.begin(), free_.end(), fits);
  if (found == free_.end()) {
    add_region(std::max(size, kLeastRegion));
    found = std::find_if(free_.begin(), free_.end(), fits);
  }
  std::byte* const part = found->first;
  const std::size_t left = found->second - size;
  free_.erase(found);
  if (left > 0) free_.emplace(part + size, left);
  taken_.emplace(part, size);
  return part;
}

void BufferPool::give_back(std::byte* part) noexcept {
  const auto taken = taken_.find(part);
  const std::size_t size = taken->second;
  taken_.erase(taken);
  auto here = free_.emplace(part, size).first;
  const auto next = std::next(here);
  if (next != free_.end() && here->first + here->second == next->first) {
    here->second += next->second;
    free_.erase(next);
  }
  if (here == free_.begin()) return;
  const auto before = std::prev(here);
  if (before->first + before->second == here->first) {
    before->second += here->second;
    free_.erase(here);
  }
}

void BufferPool::settle() {
  if (regions_.size() < 2 || !taken_.empty()) return;
  const std::size_t whole = capacity_;
  regions_.clear();
  free_.clear();
  capacity_ = 0;
  add_region(whole);
}

}  // namespace henson::runtime
