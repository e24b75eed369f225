// The memory of this process.
#pragma once

#include <cstdint>

namespace henson::tools {

/// Bytes that are resident now. 0 where the system does not say.
std::uint64_t resident_bytes();
/// The most that ever were, or since forget_peak_resident().
std::uint64_t peak_resident_bytes();
/// False where the system does not let it be forgotten.
bool forget_peak_resident();

/// Memory that was freed and is kept for later goes back to the system, where it can.
void give_back_free_memory();

}  // namespace henson::tools
