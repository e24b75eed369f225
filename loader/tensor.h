// Tensors as an archive stores them: a dtype, a shape and strides over a checked span of a storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "henson/dtype.h"
#include "loader/mapped_file.h"

namespace henson::loader {

/// The bytes of one storage entry: immutable, 64-byte aligned, shared by every tensor over it.
/// Either memory of its own or a part of the mapped file: MappedFile says what happens when such a
/// file is changed.
class Storage {
 public:
  /// `bytes` uninitialized bytes, to be filled through data() before the storage is shared.
  Storage(std::string entry, std::size_t bytes);
  /// `bytes`, which are aligned, in `file`, which is kept mapped.
  Storage(std::string entry, std::span<const std::byte> bytes,
          std::shared_ptr<const MappedFile> file);
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  const std::string& entry() const noexcept { return entry_; }  // "data/3", "tensors/3"
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::byte* data() noexcept { return owned_.get(); }  // null when mapped
  bool is_mapped() const noexcept { return file_ != nullptr; }

  /// Says that the bytes will hardly be read again (a weight that has been packed): the memory of
  /// the whole pages of a mapped storage is given up, and read from the file again should they be
  /// read after all. Does nothing when the storage is not mapped. May be called at any time, from
  /// any thread.
  void release_pages() const noexcept;

  static constexpr std::size_t kAlignment = 64;

 private:
  struct AlignedDelete {
    void operator()(std::byte* data) const noexcept;
  };
  std::string entry_;
  std::unique_ptr<std::byte, AlignedDelete> owned_;
  std::shared_ptr<const MappedFile> file_;
  std::span<const std::byte> bytes_;
};

/// How a quantized tensor's integers stand for numbers: real = (q - zero_point) * scale.
struct Quantization {
  bool per_channel = false;
  int axis = 0;                // of the channels, when per_channel
  std::vector<double> scales;  // one, or one a channel
  std::vector<std::int64_t> zero_points;
};

/// A tensor over a storage. Every element lies within the storage: checked when it is made.
struct StoredTensor {
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements; may be 0, never negative
  std::int64_t offset = 0;            // in elements
  std::shared_ptr<const Storage> storage;
  std::optional<Quantization> quantization;  // of qint8, quint8, qint32
};

/// The number of elements of `shape`, or nothing if a size is negative or the product overflows.
std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) noexcept;

/// Throws henson::Error (kBadArchive) unless shape and strides have the same, allowed rank, no size
/// or stride is negative, and every element lies within the storage's bytes. `what` names the
/// tensor.
void check_bounds(const StoredTensor& tensor, const std::string& what);

}  // namespace henson::loader
