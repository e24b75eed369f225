#include "runtime/tensor/buffer_pool.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace henson::runtime {
namespace {

constexpr std::size_t kLeastRegion = 1 << 16;

std::size_t rounded(std::size_t bytes) {
  constexpr std::size_t kLine = kernels::kAlignment;
  return std::max(kLine, (bytes + kLine - 1) / kLine * kLine);
}

}  // namespace

void BufferPool::add_region(std::size_t bytes) {
  check_machine_has(bytes);
  // A line that is never handed out keeps the parts of two regions from being taken for neighbours.
  kernels::AlignedArray<std::byte> region(bytes + kernels::kAlignment);
  regions_.reserve(regions_.size() + 1);  // what may throw comes before what changes anything
  free_.emplace(region.data(), bytes);
  regions_.push_back(std::move(region));
  capacity_ += bytes;
}

void BufferPool::drop_free_regions() noexcept {
  std::erase_if(regions_, [&](const kernels::AlignedArray<std::byte>& region) {
    const std::size_t bytes = region.size() - kernels::kAlignment;
    const auto part = free_.find(const_cast<std::byte*>(region.data()));
    if (part == free_.end() || part->second != bytes) return false;
    free_.erase(part);
    capacity_ -= bytes;
    return true;
  });
}

std::byte* BufferPool::take(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  const auto fits = [&](const auto& part) { return part.second >= size; };
  auto found = std::find_if(free_.begin(), free_.end(), fits);
  if (found == free_.end()) {
    const std::size_t region = std::max(size, kLeastRegion);
    if (capacity_ > most_ - std::min(most_, region)) drop_free_regions();
    add_region(region);
    found = std::find_if(free_.begin(), free_.end(), fits);
  }
  std::byte* const part = found->first;
  const std::size_t left = found->second - size;
  taken_.emplace(part, size);  // what may throw comes before what changes anything
  auto rest = free_.extract(found);
  if (left > 0) {
    rest.key() = part + size;
    rest.mapped() = left;
    free_.insert(std::move(rest));
  }
  return part;
}

void BufferPool::give_back(std::byte* part) noexcept {
  // Moved from one map to the other: nothing here may need memory.
  const auto here = free_.insert(taken_.extract(part)).position;
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

void BufferPool::settle() noexcept {
  if (regions_.size() < 2 || !taken_.empty()) return;
  const std::size_t whole = capacity_;
  regions_.clear();
  free_.clear();
  capacity_ = 0;
  try {
    add_region(whole);
  } catch (const std::exception&) {
    // The next run takes what it needs, or says that it cannot.
  }
}

}  // namespace henson::runtime
