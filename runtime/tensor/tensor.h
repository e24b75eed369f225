// Tensors as the interpreter computes on them: views with sizes and strides over shared buffers,
// aliasing as PyTorch's do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "henson/dtype.h"
#include "loader/tensor.h"
#include "runtime/tensor/allocator.h"

namespace henson::runtime {

using Dims = std::vector<std::int64_t>;

/// Bytes that tensors share. Either owned and writable, or somebody else's and read-only.
class Buffer {
 public:
  Buffer() = default;
  /// The system's bytes, owned, uninitialized, aligned to a cache line. Allocators make these, and
  /// check before that there is room.
  explicit Buffer(std::size_t bytes, Charge charge = {});
  /// Those of a pool.
  Buffer(std::size_t bytes, BufferPool& pool, Charge charge);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  /// The bytes of an archive's storage, kept alive; read-only.
  static std::shared_ptr<Buffer> share(std::shared_ptr<const loader::Storage> storage);
  /// A caller's bytes, which must outlive the buffer; read-only.
  static std::shared_ptr<Buffer> borrow(std::span<const std::byte> bytes);

  /// An archive's bytes may be read from its file now, and no longer be there (loader::Storage):
  /// then it throws henson::Error.
  const std::byte* data() const { return storage_ ? storage_->bytes().data() : data_; }
  std::size_t size() const noexcept { return size_; }
  bool read_only() const noexcept { return owned_ == nullptr; }
  /// Whether it must not outlive the run that made it.
  bool pooled() const noexcept { return pool_ != nullptr; }
  /// The same pointer when only the bytes [first, last) will be read (loader::Storage::part).
  const std::byte* part(std::size_t first, std::size_t last) const {
    return storage_ ? storage_->part(first, last) : data_;
  }
  /// The bytes [first, last) for one pass over them (loader::Storage::read_once).
  loader::StorageReading read_once(std::size_t first, std::size_t last) const {
    if (storage_) return storage_->read_once(first, last);
    return {{data_ + first, last - first}, nullptr};
  }
  /// Of an archive's bytes, what holds them; else null.
  const loader::Storage* storage() const noexcept { return storage_.get(); }
  /// Gives up the memory of an archive's bytes that are mapped; they come back when read
  /// (loader::Storage::release_pages). From any thread.
  void release_pages() const noexcept {
    if (storage_) storage_->release_pages();
  }
  /// Throws henson::Error (kInternal) when read-only: weights and inputs are never written.
  std::byte* mutable_data();

 private:
  Charge charge_;
  std::byte* owned_ = nullptr;
  BufferPool* pool_ = nullptr;  // that owned_ came from; null: from the system
  std::shared_ptr<const loader::Storage> storage_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A handle on a tensor: copies of a handle are the same tensor, as in PyTorch. Operators that
/// change a tensor's own sizes in place (unsqueeze_, t_) change what every handle sees.
class Tensor {
 public:
  /// An undefined tensor; only defined() and assignment may be used.
  Tensor() = default;
  /// Contiguous, uninitialized, over a new buffer. Throws henson::Error, with dtype and sizes, when
  /// there is no room for it.
  static Tensor empty(Allocator& memory, DType dtype, Dims sizes);
  /// A view. The caller has checked that every element lies within the buffer.
  static Tensor view(DType dtype, std::shared_ptr<Buffer> buffer, Dims sizes, Dims strides,
                     std::int64_t offset);
  /// A 0-dimensional tensor, of the system's memory: a few bytes for a number of the code.
  static Tensor scalar(std::int64_t value);
  static Tensor scalar(double value, DType dtype = DType::kFloat32);
  static Tensor scalar(bool value);

  bool defined() const noexcept { return impl_ != nullptr; }
  DType dtype() const noexcept { return impl_->dtype; }
  const Dims& sizes() const noexcept { return impl_->sizes; }
  const Dims& strides() const noexcept { return impl_->strides; }  // in elements
  std::int64_t offset() const noexcept { return impl_->offset; }   // in elements
  std::int64_t dim() const noexcept { return static_cast<std::int64_t>(impl_->sizes.size()); }
  std::int64_t size(std::int64_t dim) const;  // dim may be negative; throws when out of range
  std::int64_t numel() const noexcept;
  bool is_contiguous() const noexcept;
  const std::shared_ptr<Buffer>& buffer() const noexcept { return impl_->buffer; }
  const std::shared_ptr<const loader::Quantization>& quantization() const noexcept {
    return impl_->quantization;
  }
  bool same_as(const Tensor& other) const noexcept { return impl_ == other.impl_; }

  /// The first element. T must be the C++ type of dtype() (Eigen::half, Eigen::bfloat16, bool, …).
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(impl_->buffer->data()) + impl_->offset;
  }
  /// The element `at` places behind the first, of which only the next `count` in memory will be
  /// read.
  template <typename T>
  const T* part(std::int64_t at, std::size_t count) const {
    const auto first = static_cast<std::size_t>(impl_->offset + at);
    const std::byte* const start =
        impl_->buffer->part(first * sizeof(T), (first + count) * sizeof(T));
    return reinterpret_cast<const T*>(start) + first;
  }
  template <typename T>
  T* mutable_data() {
    return reinterpret_cast<T*>(impl_->buffer->mutable_data()) + impl_->offset;
  }

  /// The same elements with other sizes and strides: an alias.
  Tensor with_view(Dims sizes, Dims strides, std::int64_t offset) const;
  Tensor with_quantization(std::shared_ptr<const loader::Quantization> quantization) const;
  /// Changes this tensor's own view, for every handle on it (unsqueeze_, squeeze_, t_, …).
  void set_view(Dims sizes, Dims strides);
  /// Replaces what every handle sees, dtype and buffer too (set_, resize_).
  void set_from(const Tensor& other);

  /// This tensor when contiguous, else a contiguous copy.
  Tensor contiguous(Allocator& memory) const;
  /// A contiguous copy of the same dtype.
  Tensor clone(Allocator& memory) const;
  /// A contiguous copy in another dtype, rounded as PyTorch rounds; this tensor itself when the
  /// dtype is its own.
  Tensor to(Allocator& memory, DType dtype) const;

 private:
  struct Impl {
    DType dtype;
    std::shared_ptr<Buffer> buffer;
    Dims sizes;
    Dims strides;
    std::int64_t offset;
    std::shared_ptr<const loader::Quantization> quantization;
  };
  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

/// Row-major strides.
Dims contiguous_strides(std::span<const std::int64_t> sizes);
/// "[2, 3]": for errors.
std::string to_string(std::span<const std::int64_t> sizes);
/// The product; throws henson::Error (kBadInput) when it overflows or a size is negative.
std::int64_t numel_of(std::span<const std::int64_t> sizes);
/// `dim`, or `dim + rank` when negative; throws henson::Error (kBadInput) when out of range. A rank
/// of 0 counts as 1.
std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank);
/// The common size of operands under broadcasting; throws henson::Error (kBadInput) when they do
/// not fit.
Dims broadcast_sizes(std::span<const std::int64_t> a, std::span<const std::int64_t> b);
/// `tensor` seen with `sizes`, with stride 0 where it is repeated; throws when it does not fit. No
/// size is -1 here.
Tensor expand_to(const Tensor& tensor, std::span<const std::int64_t> sizes);

}  // namespace henson::runtime
