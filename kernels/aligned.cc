#include "kernels/aligned.h"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace henson::kernels {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;

constexpr std::align_val_t alignment_of(std::size_t bytes) noexcept {
  return std::align_val_t{bytes >= kHugePage ? kHugePage : kAlignment};
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* const data = ::operator new(bytes, alignment_of(bytes));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Only whole ones: what a last one had behind the array would be memory lost.
  if (bytes >= kHugePage) madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return data;
}

void free_aligned(void* data, std::size_t bytes) noexcept {
  ::operator delete(data, alignment_of(bytes));
}

}  // namespace henson::kernels
