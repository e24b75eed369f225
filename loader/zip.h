// A zip archive, opened for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/mapped_file.h"

struct zip;

namespace henson::loader {

struct ZipEntry {
  std::string name;         // as in the file, root folder and all
  std::uint64_t bytes = 0;  // inflated
  std::uint64_t packed_bytes = 0;
  std::uint16_t method = 0;  // 0 stored, 8 deflated
  bool encrypted = false;
  std::uint32_t checksum = 0;
};

/// One open file, read through libzip, which has the last word on what it holds. Entries that are
/// stored as they are can be seen in place, in the mapped file. The sizes that entries declare have
/// been checked against the file's own size, so that an entry's size is safe to allocate. One
/// thread at a time.
class Zip {
 public:
  /// Throws henson::Error (kBadArchive) for what libzip cannot open, for two entries of one name,
  /// and for sizes that cannot be.
  explicit Zip(const std::filesystem::path& path);

  const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  std::optional<std::size_t> find(std::string_view name) const;
  std::uint64_t file_bytes() const noexcept { return file_bytes_; }

  /// Reads the whole entry; `out` has exactly its size. Verifies the checksum. Errors name the
  /// entry `label`.
  void read(std::size_t index, std::span<std::byte> out, const std::string& label) const;
  /// The bytes of a stored entry in the mapped file, their checksum verified; nothing when the
  /// entry is not stored as it is, the file cannot be mapped, or the bytes are not what libzip
  /// says: then read() reads them or says what is wrong. Valid as long as file() is held.
  std::optional<std::span<const std::byte>> view(std::size_t index) const;
  const std::shared_ptr<const MappedFile>& file() const noexcept { return file_; }
  /// Verifies the checksums of these entries ahead of view(), on several threads.
  void verify(std::span<const std::size_t> indices) const;
  /// The whole entry as text; refused when it has more than `cap` bytes.
  std::string read_text(std::size_t index, std::uint64_t cap, const std::string& label) const;
  /// At most the first `size` bytes, without a checksum: for a look at what a file is.
  std::string read_start(std::size_t index, std::size_t size) const;

 private:
  struct Close {
    void operator()(zip* archive) const noexcept;
  };
  struct Place {
    std::span<const std::byte> bytes;
    enum { kUnknown, kUnverified, kVerified } state = kUnknown;
  };
  void list_entries(std::uint64_t file_bytes);
  void locate_entries(std::uint64_t file_bytes);

  std::uint64_t file_bytes_ = 0;
  std::unique_ptr<zip, Close> archive_;
  std::vector<ZipEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::shared_ptr<const MappedFile> file_;  // or null
  mutable std::vector<Place> places_;       // one an entry
};

}  // namespace henson::loader
