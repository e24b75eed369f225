// The elements of weights as doubles, whatever their dtype, some thousand at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// Reads a tensor's elements without keeping them. May be used by several threads at once.
class ElementReader {
 public:
  static constexpr std::int64_t kChunk = 4096;

  enum class Order {
    kAny,  // as they lie in memory, where they lie densely
    kRowMajor,
  };
  /// What does not lie as it is wanted is copied, for as long as the reader lives.
  ElementReader(const Tensor& tensor, Order order);

  std::int64_t count() const noexcept { return count_; }

  /// f(span of doubles) for the elements [first, last), in stretches of at most kChunk.
  template <typename F>
  void read(std::int64_t first, std::int64_t last, F&& f) const {
    if (first >= last) return;
    const loader::StorageReading reading = open(first, last);
    std::array<double, kChunk> numbers;
    for (std::int64_t at = first; at < last; at += kChunk) {
      const auto length = static_cast<std::size_t>(std::min(kChunk, last - at));
      const std::span<double> chunk(numbers.data(), length);
      decode(reading.bytes.data() + static_cast<std::size_t>(at - first) * width_, at, chunk);
      f(std::span<const double>(chunk));
    }
  }

 private:
  loader::StorageReading open(std::int64_t first, std::int64_t last) const;
  /// `at`: the place of the first, of which a quantized one's channel depends.
  void decode(const std::byte* bytes, std::int64_t at, std::span<double> numbers) const;
  void dequantize(std::int64_t at, std::span<double> numbers) const;

  Tensor tensor_;
  std::size_t width_;
  std::int64_t count_;
};

}  // namespace henson::runtime
