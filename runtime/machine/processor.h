// Which processor this is, and what of it is used.
#pragma once

#include <string>
#include <string_view>

namespace henson::runtime {

/// "AMD EPYC 7763 64-Core Processor"; "unknown processor" where it does not tell.
std::string processor_name();

/// What the kernels run on: "avx2".
std::string_view instruction_set() noexcept;

}  // namespace henson::runtime
