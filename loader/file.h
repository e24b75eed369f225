// A file opened for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace henson::loader {

/// Held by its descriptor: it stays what it is when another takes its name. Reads go by the offset,
/// so any number of threads may read at once.
class File {
 public:
  /// Throws henson::Error (kNotFound) when it cannot be opened, or is no regular file.
  explicit File(const std::filesystem::path& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const noexcept { return size_; }  // when it was opened
  int descriptor() const noexcept { return descriptor_; }

  /// Fills `out` from `offset` on. False when the file holds less, or cannot be read.
  bool read(std::uint64_t offset, std::span<std::byte> out) const noexcept;
  /// The same as text; at most what the file holds.
  std::string text(std::uint64_t offset, std::uint64_t size) const;

 private:
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace henson::loader
