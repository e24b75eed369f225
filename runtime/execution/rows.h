// Tensors seen as rows of float32: what the kernels work on. A token is a row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "runtime/execution/frame.h"

namespace henson::runtime {

/// A value of one or several frames as rows below each other. `owner` holds the elements.
struct Rows {
  Tensor owner;
  float* data = nullptr;  // written only where make_rows made them
  std::size_t stride = 0;
  std::size_t count = 0;
  std::size_t columns = 0;
};

/// The rows of all frames' tensors, their last dimension being a row. They are copied only where
/// they do not lie so already, as make_rows lays them. Nothing when one is no float32 tensor.
std::optional<Rows> rows_of(Allocator& memory, std::span<const Frame> frames, ValueId id);

/// Rows for a result that has as many as `like`, with its leading sizes in each frame: sets the
/// value `result` of each frame to its own part. Uninitialized.
Rows make_rows(Allocator& memory, std::span<Frame> frames, ValueId like, ValueId result,
               std::size_t columns);

/// A stride for rows of so many columns with which the rows of a tile do not all fall into the same
/// set of L1.
std::size_t row_stride(std::size_t columns) noexcept;

}  // namespace henson::runtime
