#include "kernels/isa.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <atomic>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace henson::kernels {
namespace {

constexpr Isa kAll[] = {Isa::kBaseline, Isa::kSse4,       Isa::kAvx2,      Isa::kAvx2Vnni,
                        Isa::kAvx512,   Isa::kAvx512Vnni, Isa::kAvx512Bf16};

#if defined(__x86_64__)
/// A bit of what the processor says of itself (Intel's manual, CPUID, leaf 7). The compilers'
/// __builtin_cpu_supports knows the older sets, and whether the system keeps their registers.
bool has_bit(unsigned subleaf, unsigned of_ecx, unsigned of_eax) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, subleaf, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (ecx & of_ecx) == of_ecx && (eax & of_eax) == of_eax;
}

bool supports(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
      return true;
    case Isa::kSse4:
      return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
    case Isa::kAvx2:
      return supports(Isa::kSse4) && __builtin_cpu_supports("avx2") &&
             __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("f16c");
    case Isa::kAvx2Vnni:
      return supports(Isa::kAvx2) && has_bit(1, 0, 1U << 4);
    case Isa::kAvx512:
      return supports(Isa::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAvx512Vnni:
      return supports(Isa::kAvx512) && has_bit(0, 1U << 11, 0);
    case Isa::kAvx512Bf16:
      return supports(Isa::kAvx512Vnni) && has_bit(1, 0, 1U << 5);
  }
  return false;
}
#else
bool supports(Isa isa) { return isa == Isa::kBaseline; }
#endif

/// Those of kAll that this machine has. (No vector: this may not need memory.)
struct Available {
  Available() {
    for (const Isa isa : kAll) {
      if (supports(isa)) isas[count++] = isa;
    }
  }
  Isa isas[std::size(kAll)] = {};
  std::size_t count = 0;
};

bool is_available(Isa isa) {
  for (const Isa available : available_isas()) {
    if (available == isa) return true;
  }
  return false;
}

std::optional<Isa> asked_for() {
  const char* const wanted = std::getenv("HENSON_ISA");
  if (wanted == nullptr) return std::nullopt;
  for (const Isa isa : kAll) {
    if (name_of(isa) == wanted && is_available(isa)) return isa;
  }
  return std::nullopt;
}

std::atomic<Isa>& chosen() {
  static std::atomic<Isa> isa = asked_for().value_or(available_isas().back());
  return isa;
}

}  // namespace

std::optional<std::string_view> refused_isa() {
  const char* const wanted = std::getenv("HENSON_ISA");
  if (wanted == nullptr || *wanted == '\0' || asked_for()) return std::nullopt;
  return wanted;
}

std::string_view name_of(Isa isa) noexcept {
  switch (isa) {
    case Isa::kBaseline:
      return "baseline";
    case Isa::kSse4:
      return "sse4";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx2Vnni:
      return "avx2_vnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vnni:
      return "avx512_vnni";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
  }
  return "";
}

std::span<const Isa> all_isas() { return kAll; }

std::span<const Isa> available_isas() {
  static const Available available;
  return std::span(available.isas).first(available.count);
}

Isa active_isa() noexcept { return chosen().load(std::memory_order_relaxed); }

void force_isa(Isa isa) noexcept { chosen().store(isa, std::memory_order_relaxed); }

}  // namespace henson::kernels
