// A file mapped into memory, read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "loader/file.h"

namespace henson::loader {

enum class FileAccess {
  kRead,  // what is needed, when it is needed
  kMap,   // see MappedFile
};

/// The mapping lives as long as the object. What is in memory already is its own mapping, for as
/// long as its owner keeps it as it is. Should the file be changed while it is mapped, what
/// bytes() holds changes with it; should it be cut short, touching bytes past its new end kills the
/// process (SIGBUS), as with every mapped file. Whoever replaces a file that is in use writes a new
/// one and renames it: then the old one stays whole for who has it open.
class MappedFile {
 public:
  /// Null when the file cannot be mapped: it is empty, or on a file system that does not map.
  static std::shared_ptr<const MappedFile> open(const File& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Starts at a page.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// Gives up the memory of the whole pages within `part`, which lies in bytes(). They are read
  /// from the file again when they are next touched, so this is harmless at any time and from any
  /// thread. Does nothing where the bytes are of memory.
  void release_pages(std::span<const std::byte> part) const noexcept;

 private:
  MappedFile(std::span<const std::byte> bytes, bool in_memory, std::shared_ptr<const void> owner)
      : bytes_(bytes), in_memory_(in_memory), owner_(std::move(owner)) {}
  std::span<const std::byte> bytes_;
  bool in_memory_;
  std::shared_ptr<const void> owner_;  // of memory
};

}  // namespace henson::loader
