#include "kernels/isa.h"

#include <atomic>
#include <cstdlib>
#include <optional>
#include <vector>

namespace henson::kernels {
namespace {

constexpr Isa kAll[] = {Isa::kBaseline, Isa::kSse4, Isa::kAvx2, Isa::kAvx512};

std::vector<Isa> find_available() {
  std::vector<Isa> found = {Isa::kBaseline};
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul")) return found;
  found.push_back(Isa::kSse4);
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
  if (!avx2) return found;
  found.push_back(Isa::kAvx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    found.push_back(Isa::kAvx512);
  }
#endif
  return found;
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
  static const std::vector<Isa> available = find_available();
  return available;
}

Isa active_isa() noexcept { return chosen().load(std::memory_order_relaxed); }

void force_isa(Isa isa) noexcept { chosen().store(isa, std::memory_order_relaxed); }

}  // namespace henson::kernels
