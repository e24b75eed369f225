// A zip archive, opened for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/checksum.h"
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

/// Where the bytes of an entry that is stored as it is lie in the file, verified.
struct StoredPlace {
  std::uint64_t offset = 0;
  std::vector<std::uint32_t> checksums;  // of each kChecksumPiece
};

/// One open file, unpacked by libzip. What libzip, the directory and the headers before the entries
/// say has been found to be the same, no entry lies over another, and the sizes that entries
/// declare fit the file's own size, so that an entry's size is safe to allocate. One thread at a
/// time.
class Zip {
 public:
  /// Throws henson::Error (kBadArchive) for what libzip cannot open, for two entries of one name,
  /// for sizes that cannot be, and for files that two readers could understand in two ways.
  explicit Zip(const std::filesystem::path& path);
  explicit Zip(std::shared_ptr<const File> file, FileAccess access = FileAccess::kRead);

  const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  std::optional<std::size_t> find(std::string_view name) const;
  std::uint64_t file_bytes() const noexcept { return file_bytes_; }

  /// Reads the whole entry; `out` has exactly its size. Verifies the checksum. Errors name the
  /// entry `label`.
  void read(std::size_t index, std::span<std::byte> out, const std::string& label) const;
  /// The same piece by piece, for what need not be in memory at once. The last piece has been
  /// handed on when a wrong checksum is found out.
  void unpack(std::size_t index, const std::string& label,
              const std::function<void(std::span<const std::byte>)>& take) const;
  /// Bytes of the file that belong to no entry, directory or end record, in their order.
  const std::vector<FileRange>& gaps() const noexcept { return gaps_; }
  /// Where a stored entry's bytes lie, their checksum verified; nothing when the entry is not
  /// stored as it is, or is damaged: then read() reads it or says what is wrong.
  std::optional<StoredPlace> place(std::size_t index) const;
  /// Verifies the checksums of these entries ahead of place(), on several threads.
  void verify(std::span<const std::size_t> indices) const;
  const std::shared_ptr<const File>& file() const noexcept { return file_; }
  /// Null unless the file is mapped.
  const std::shared_ptr<const MappedFile>& mapping() const noexcept { return mapping_; }
  /// The whole entry as text; refused when it has more than `cap` bytes.
  std::string read_text(std::size_t index, std::uint64_t cap, const std::string& label) const;
  /// At most the first `size` bytes, without a checksum: for a look at what a file is.
  std::string read_start(std::size_t index, std::size_t size) const;

 private:
  struct Close {
    void operator()(zip* archive) const noexcept;
  };
  struct Place {
    std::uint64_t offset = 0;
    enum { kUnverified, kVerified, kDamaged } state = kUnverified;
    std::vector<std::uint32_t> checksums;
  };
  void list_entries();
  void locate_entries();
  bool is_stored(std::size_t index) const;

  std::shared_ptr<const File> file_;
  std::uint64_t file_bytes_ = 0;
  std::unique_ptr<zip, Close> archive_;
  std::vector<ZipEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<FileRange> gaps_;
  std::shared_ptr<const MappedFile> mapping_;  // or null
  mutable std::vector<Place> places_;          // one an entry
};

}  // namespace henson::loader
