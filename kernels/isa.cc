#include "kernels/isa.h"

#include <atomic>
#include <cstdlib>
#include <optional>

namespace henson::kernels {
namespace {

constexpr Isa kAll[] = {Isa::kBaseline, Isa::kSse4, Isa::kAvx2, Isa::kAvx512};

/// The first of kAll: each set has those before it. (No vector: this may not need memory.)
std::size_t count_available() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul")) return 1;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
  if (!avx2) return 2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return 4;
  }
  return 3;
#else
  return 1;
#endif
}

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
    case Isa::kAvx512:
      return "avx512";
  }
  return "";
}

std::span<const Isa> available_isas() {
  static const std::size_t count = count_available();
  return std::span(kAll).first(count);
}

Isa active_isa() noexcept { return chosen().load(std::memory_order_relaxed); }

void force_isa(Isa isa) noexcept { chosen().store(isa, std::memory_order_relaxed); }

}  // namespace henson::kernels
