// Memory for kernels: aligned to a cache line, never zeroed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace henson::kernels {

inline constexpr std::size_t kAlignment = 64;

/// An uninitialized array of `size` elements of a trivial type. Throws std::bad_alloc.
template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : data_(static_cast<T*>(::operator new (size * sizeof(T), std::align_val_t{kAlignment}))),
        size_(size) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  /// Makes room for `size` elements; what was there is lost when it grows.
  void reserve(std::size_t size) {
    if (size > size_) *this = AlignedArray(size);
  }

 private:
  struct Delete {
    void operator()(T* data) const noexcept {
      ::operator delete (data, std::align_val_t{kAlignment});
    }
  };
  std::unique_ptr<T[], Delete> data_;
  std::size_t size_ = 0;
};

}  // namespace henson::kernels
