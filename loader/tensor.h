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
#include "loader/storage.h"

namespace henson::loader {

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
