#include "loader/checksum.h"

#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <system_error>
#include <thread>

namespace henson::loader {
namespace {

// Memory is read no faster by more threads than these.
constexpr std::size_t kMaxThreads = 8;
// What makes up for the start of a thread.
constexpr std::size_t kBytesPerThread = 4 << 20;

std::size_t thread_count(std::span<const std::span<const std::byte>> parts) {
  std::size_t bytes = 0;
  for (const auto part : parts) bytes += part.size();
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  return std::min({cores, kMaxThreads, bytes / kBytesPerThread + 1, parts.size()});
}

}  // namespace

std::vector<std::uint32_t> checksums_of(std::span<const std::span<const std::byte>> parts) {
  std::vector<std::uint32_t> checksums(parts.size());
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parts[a].size() > parts[b].size();  // the largest first, for an even end
  });
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < order.size(); i = next++) {
      const auto part = parts[order[i]];
      checksums[order[i]] = libdeflate_crc32(0, part.data(), part.size());
    }
  };
  std::vector<std::jthread> helpers;
  try {
    const std::size_t count = thread_count(parts);
    for (std::size_t i = 1; i < count; ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {  // no more threads: those that run do it all
  }
  work();
  helpers.clear();
  return checksums;
}

}  // namespace henson::loader
