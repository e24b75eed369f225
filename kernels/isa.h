// Which instruction set the kernels run on. Kernels are compiled for all of them, whatever the
// machine that compiles, and picked when they are first called.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace henson::kernels {

enum class Isa {
  kBaseline,    // whatever the compiler takes for granted
  kSse4,        // SSE4.2
  kAvx2,        // AVX2 with FMA
  kAvx2Vnni,    // and AVX-VNNI: sums of four products of 8-bit numbers
  kAvx512,      // AVX-512 F, BW, DQ, VL, CD
  kAvx512Vnni,  // and VNNI
  kAvx512Bf16,  // and BF16: sums of two products of bfloat16
};

/// "baseline", "sse4", "avx2", "avx2_vnni", "avx512", "avx512_vnni", "avx512_bf16".
std::string_view name_of(Isa isa) noexcept;

/// The set among kBaseline, kSse4, kAvx2 and kAvx512 that code without products of 8 and 16 bits
/// is compiled for.
constexpr Isa base_of(Isa isa) noexcept {
  return isa >= Isa::kAvx512 ? Isa::kAvx512 : isa >= Isa::kAvx2 ? Isa::kAvx2 : isa;
}

/// All of them, each after those that it has within.
std::span<const Isa> all_isas();
/// Those that this machine has, the best one last.
std::span<const Isa> available_isas();

/// The one that kernels run on: the best, unless the environment variable HENSON_ISA names another.
/// A name that is unknown, or that this machine has not, is passed over: see refused_isa.
Isa active_isa() noexcept;
/// What HENSON_ISA names, where that is unknown or this machine has it not.
std::optional<std::string_view> refused_isa();

/// For tests: every kernel called from now on runs on `isa`, which must be available. Weights that
/// were packed before may be used no more. Not while kernels run.
void force_isa(Isa isa) noexcept;

}  // namespace henson::kernels
