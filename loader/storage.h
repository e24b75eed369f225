// The bytes that an archive's tensors lie in.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "loader/file.h"
#include "loader/mapped_file.h"

namespace henson::loader {

/// Where a storage's bytes lie in a file, with the checksums of its pieces (loader/checksum.h).
struct FilePart {
  std::shared_ptr<const File> file;
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
  std::vector<std::uint32_t> checksums;
};

struct AlignedDelete {
  void operator()(std::byte* data) const noexcept;
};
using AlignedBytes = std::unique_ptr<std::byte, AlignedDelete>;

/// Pages of the system's own, for what is read and given back at once: large pieces that come and
/// go would leave the heap full of holes (BERT-base: 590 against 390 MB).
struct PagesDelete {
  std::size_t bytes = 0;
  void operator()(std::byte* data) const noexcept;
};
using Pages = std::unique_ptr<std::byte, PagesDelete>;

/// Bytes of a storage for one pass over them: valid as long as this and the storage are held.
struct StorageReading {
  std::span<const std::byte> bytes;
  Pages memory;  // that was read for it; null where the storage holds them
};

/// The bytes of one storage entry: immutable, 64-byte aligned, shared by every tensor over it. They
/// are in memory of its own, or stay in the file until they are asked for, or lie in a mapped file:
/// MappedFile says what happens when such a file is changed. What is read from the file is verified
/// again, so that a file that was changed gives an error and no other numbers: bytes(), part() and
/// read_once() then throw henson::Error. All may be called from any thread.
class Storage {
 public:
  /// `bytes` uninitialized bytes, to be filled through data() before the storage is shared.
  Storage(std::string entry, std::size_t bytes);
  Storage(std::string entry, FilePart part);
  /// `bytes`, which are aligned, in `mapping`, which is kept.
  Storage(std::string entry, std::span<const std::byte> bytes,
          std::shared_ptr<const MappedFile> mapping);
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  const std::string& entry() const noexcept { return entry_; }  // "data/3", "tensors/3"
  std::size_t size() const noexcept { return size_; }
  std::byte* data() noexcept { return owned_.get(); }  // null in a file
  bool is_mapped() const noexcept { return mapping_ != nullptr; }

  /// All bytes, read at the first call and kept.
  std::span<const std::byte> bytes() const { return {part(0, size_), size_}; }
  /// Where the storage starts; of it the bytes [first, last) may be read. Those are kept from the
  /// first call on, with what lies in the same pieces.
  const std::byte* part(std::size_t first, std::size_t last) const {
    const std::byte* const whole = whole_.load(std::memory_order_acquire);
    return whole != nullptr ? whole : load(first, last);
  }
  /// The bytes [first, last), read for this once where they are not in memory.
  StorageReading read_once(std::size_t first, std::size_t last) const;

  /// Says that the bytes will hardly be read again (a weight that has been packed): the memory of
  /// the whole pages of a mapped storage is given up, and read from the file again should they be
  /// read after all. Does nothing when the storage is not mapped. May be called at any time, from
  /// any thread.
  void release_pages() const noexcept;

  static constexpr std::size_t kAlignment = 64;

 private:
  const std::byte* load(std::size_t first, std::size_t last) const;
  void read_pieces(std::size_t first, std::span<std::byte> out) const;

  std::string entry_;
  std::size_t size_;
  std::shared_ptr<const MappedFile> mapping_;
  FilePart part_;
  mutable std::mutex mutex_;                        // of who reads pieces in
  mutable AlignedBytes owned_;                      // of a file part: allocated for its first piece
  mutable std::vector<std::atomic<bool>> present_;  // the pieces of a file part
  mutable std::atomic<const std::byte*> whole_ = nullptr;  // once all bytes are there
};

}  // namespace henson::loader
