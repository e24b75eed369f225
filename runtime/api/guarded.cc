#include "runtime/api/guarded.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "henson/henson.h"
#include "kernels/isa.h"
#include "runtime/machine/allowance.h"

namespace henson::runtime {

void check_instruction_set() {
  const std::optional<std::string_view> refused = kernels::refused_isa();
  if (!refused) return;
  std::string names;
  for (const kernels::Isa isa : kernels::available_isas()) {
    names += (names.empty() ? "" : ", ") + std::string(kernels::name_of(isa));
  }
  throw Error(ErrorCode::kBadInput, "HENSON_ISA is `" + std::string(*refused) +
                                        "`, which this machine has not; it has " + names);
}

int checked_threads(int wanted) {
  if (wanted == 0) return std::min(available_threads(), kMostThreads);
  if (wanted > 0 && wanted <= kMostThreads) return wanted;
  throw Error(ErrorCode::kBadInput, std::to_string(wanted) + " threads: give 1 to " +
                                        std::to_string(kMostThreads) +
                                        ", or 0 for as many as can run at once");
}

}  // namespace henson::runtime
