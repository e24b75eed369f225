#include "runtime/machine/processor.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/isa.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace henson::runtime {

std::string processor_name() {
  std::string name;
#if defined(__x86_64__)
  constexpr unsigned kFirstLeaf = 0x80000002;  // of three with sixteen characters each
  for (unsigned leaf = kFirstLeaf; leaf < kFirstLeaf + 3; ++leaf) {
    std::array<unsigned, 4> words{};
    if (__get_cpuid(leaf, &words[0], &words[1], &words[2], &words[3]) == 0) break;
    std::array<char, sizeof words> text{};
    std::memcpy(text.data(), words.data(), sizeof words);
    name.append(text.begin(), std::find(text.begin(), text.end(), '\0'));
  }
#endif
  const std::size_t first = name.find_first_not_of(' ');
  if (first == std::string::npos) return "unknown processor";
  return name.substr(first, name.find_last_not_of(' ') + 1 - first);
}

std::string_view instruction_set() noexcept { return kernels::name_of(kernels::active_isa()); }

}  // namespace henson::runtime
