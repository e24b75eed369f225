// The checksum of zip's entries: CRC-32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace henson::loader {

/// The checksum of each part, computed on several threads when there is enough to do.
std::vector<std::uint32_t> checksums_of(std::span<const std::span<const std::byte>> parts);

}  // namespace henson::loader
