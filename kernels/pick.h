// How a kernel's file, compiled once for each instruction set by Highway's foreach_target.h, hands
// out the function for one of them. To be included in the part that HWY_ONCE guards.
#pragma once

#include <hwy/highway.h>

#include "kernels/isa.h"

// A set that the compiler was told to take for granted is the static target, and stands for those
// below it.
#if HWY_TARGETS & HWY_AVX3
#define HENSON_AVX512_NAME(name) N_AVX3::name
#else
#define HENSON_AVX512_NAME(name) HWY_STATIC_DISPATCH(name)
#endif
#if HWY_TARGETS & HWY_AVX2
#define HENSON_AVX2_NAME(name) N_AVX2::name
#else
#define HENSON_AVX2_NAME(name) HWY_STATIC_DISPATCH(name)
#endif
#if HWY_TARGETS & HWY_SSE4
#define HENSON_SSE4_NAME(name) N_SSE4::name
#else
#define HENSON_SSE4_NAME(name) HWY_STATIC_DISPATCH(name)
#endif

/// The address of function `name` for the instruction set that is active.
#define HENSON_PICK(name)                                   \
  (active_isa() >= Isa::kAvx512 ? &HENSON_AVX512_NAME(name) \
   : active_isa() >= Isa::kAvx2 ? &HENSON_AVX2_NAME(name)   \
   : active_isa() >= Isa::kSse4 ? &HENSON_SSE4_NAME(name)   \
                                : &HWY_STATIC_DISPATCH(name))
