// The checksum of zip's entries: CRC-32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "loader/file.h"

namespace henson::loader {

/// Bytes of a file have a checksum for each piece of so many, and one for all of them: a part can
/// be verified without the rest.
inline constexpr std::size_t kChecksumPiece = 1 << 20;

struct FileRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Checksums {
  std::vector<std::uint32_t> pieces;
  std::uint32_t whole = 0;
  bool readable = true;  // false: the file ended, or could not be read
};

std::uint32_t checksum_of(std::span<const std::byte> bytes) noexcept;
/// That of two parts after each other, of which the second has `second_bytes`.
std::uint32_t joined_checksum(std::uint32_t first, std::uint32_t second,
                              std::uint64_t second_bytes) noexcept;
/// The checksums of each range, read and computed on several threads when there is enough to do.
std::vector<Checksums> checksums_of(const File& file, std::span<const FileRange> ranges);

}  // namespace henson::loader
