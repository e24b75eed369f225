// Bytes to be read from anywhere: those of a file, or of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace henson::loader {

/// A file is held by its descriptor: it stays what it is when another takes its name. Reads go by
/// the offset, so any number of threads may read at once.
class File {
 public:
  /// Throws henson::Error (kNotFound) when it cannot be opened, or is no regular file.
  explicit File(const std::filesystem::path& path);
  /// Of another's descriptor, which stays its own and where it is. Throws likewise.
  explicit File(int descriptor);
  /// Memory that `owner` keeps; with none, that the caller does.
  File(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const noexcept { return size_; }  // when it was opened
  bool in_memory() const noexcept { return descriptor_ < 0; }
  int descriptor() const noexcept { return descriptor_; }  // -1 in memory
  std::span<const std::byte> memory() const noexcept { return memory_; }
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

  /// Fills `out` from `offset` on. False when there is less, or it cannot be read.
  bool read(std::uint64_t offset, std::span<std::byte> out) const noexcept;
  /// The same as text; at most what there is.
  std::string text(std::uint64_t offset, std::uint64_t size) const;

 private:
  void take_size();

  int descriptor_ = -1;
  std::span<const std::byte> memory_;
  std::shared_ptr<const void> owner_;
  std::uint64_t size_ = 0;
};

}  // namespace henson::loader
