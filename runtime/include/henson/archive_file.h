// The entries of an archive, as bytes: of any zip file that can be read in one way only, whatever
// it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "henson/visibility.h"

namespace henson {

struct ArchiveEntry {
  std::string name;                // as the file has it, the root folder too
  std::uint64_t bytes = 0;         // unpacked
  std::uint64_t packed_bytes = 0;  // in the file
  bool deflated = false;
  std::uint32_t checksum = 0;  // CRC-32
};

/// An open file. Functions throw henson::Error; one thread at a time.
class HENSON_API ArchiveFile {
 public:
  /// Throws kNotFound, and kBadArchive for what is no zip file or a damaged or ambiguous one.
  explicit ArchiveFile(const std::filesystem::path& path);
  ArchiveFile(ArchiveFile&&) noexcept;
  ArchiveFile& operator=(ArchiveFile&&) noexcept;
  ~ArchiveFile();

  std::span<const ArchiveEntry> entries() const;
  /// The entry of that name, with or without the root folder that all entries share. Throws
  /// kBadInput, naming some that are like it, when there is none.
  const ArchiveEntry& find(std::string_view name) const;
  /// Hands on the entry's bytes, unpacked, in pieces. Throws kBadArchive when they are damaged:
  /// some, or all, have been handed on by then.
  void read(const ArchiveEntry& entry,
            const std::function<void(std::span<const std::byte>)>& take) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace henson
