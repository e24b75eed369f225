// What a zip file's directory and the headers before its entries say. libzip tells everything of an
// entry but where it lies, and does not compare the two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/file.h"

namespace henson::loader {

/// What the central directory says of an entry. Nothing of it has been checked.
struct DirectoryEntry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t header = 0;  // where the entry's local header starts
};

struct Directory {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // of the end record and its comment
  std::vector<DirectoryEntry> entries;
};

/// The central directory (zip64 too), in its order. Throws henson::Error (kBadArchive) when there
/// is none, when it has more entries than limits::kMaxEntries, when it is not as long as the end
/// record says, or does not lie right before that: where it starts would be a guess.
Directory read_directory(const File& file);

/// The most bytes that the record behind an entry's bytes may have, if it has one.
std::uint64_t most_bytes_behind(const DirectoryEntry& entry) noexcept;

/// Where the bytes of an entry start, packed as they are. Throws henson::Error (kBadArchive),
/// naming the entry, when its local header is not where the directory says or says otherwise: one
/// who reads the file from its start would see another entry. Sizes and checksum may be left to the
/// record behind the bytes.
std::uint64_t check_local_header(const File& file, const DirectoryEntry& entry);

}  // namespace henson::loader
