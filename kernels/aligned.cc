#include "kernels/aligned.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace henson::kernels {

void ask_for_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Only whole ones: what a last one had behind the array would be memory lost.
  madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
}

}  // namespace henson::kernels
