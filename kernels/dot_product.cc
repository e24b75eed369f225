#include "kernels/dot_product.h"

namespace henson::kernels {

const DotKernel& int8_kernel() noexcept {
#if defined(__x86_64__)
  const Isa isa = active_isa();
  if (isa >= Isa::kAvx512Vnni) return kInt8Avx512Vnni;
  if (isa == Isa::kAvx2Vnni) return kInt8Avx2Vnni;
  if (isa >= Isa::kAvx2) return kInt8Avx2;
  if (isa >= Isa::kSse4) return kInt8Sse4;
#endif
  return kInt8Baseline;
}

const DotKernel* bf16_kernel() noexcept {
#if defined(__x86_64__)
  if (active_isa() >= Isa::kAvx512Bf16) return &kBf16Avx512;
#endif
  return nullptr;
}

}  // namespace henson::kernels
