// Where the entries of a zip file lie in it. libzip tells everything of an entry but that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace henson::loader {

/// What the central directory says of an entry. Nothing of it has been checked.
struct DirectoryEntry {
  std::string_view name;  // in the file's bytes
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t header = 0;  // where the entry's local header starts
};

/// The central directory of a zip file (zip64 too), in its order; nothing unless it has exactly
/// `count` entries and all of it lies within the file.
std::optional<std::vector<DirectoryEntry>> read_directory(std::span<const std::byte> file,
                                                          std::size_t count);

/// The bytes of an entry as the file holds them, packed; nothing when the local header is not where
/// the directory says, disagrees with it, or the bytes reach past the file.
std::optional<std::span<const std::byte>> locate(std::span<const std::byte> file,
                                                 const DirectoryEntry& entry);

}  // namespace henson::loader
