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

struct zip;

namespace henson::loader {

struct ZipEntry {
  std::string name;         // as in the file, root folder and all
  std::uint64_t bytes = 0;  // inflated
  std::uint64_t packed_bytes = 0;
  std::uint16_t method = 0;  // 0 stored, 8 deflated
  bool encrypted = false;
};

/// One open file. The sizes that entries declare have been checked against the file's own size, so
/// that an entry's size is safe to allocate. One thread at a time.
class Zip {
 public:
  /// Throws henson::Error (kBadArchive) for what libzip cannot open, for two entries of one name,
  /// and for sizes that cannot be.
  explicit Zip(const std::filesystem::path& path);

  const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  std::optional<std::size_t> find(std::string_view name) const;

  /// Reads the whole entry; `out` has exactly its size. Verifies the checksum. Errors name the
  /// entry `label`.
  void read(std::size_t index, std::span<std::byte> out, const std::string& label) const;
  /// The whole entry as text; refused when it has more than `cap` bytes.
  std::string read_text(std::size_t index, std::uint64_t cap, const std::string& label) const;
  /// At most the first `size` bytes, without a checksum: for a look at what a file is.
  std::string read_start(std::size_t index, std::size_t size) const;

 private:
  struct Close {
    void operator()(zip* archive) const noexcept;
  };
  void list_entries(std::uint64_t file_bytes);

  std::unique_ptr<zip, Close> archive_;
  std::vector<ZipEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace henson::loader
