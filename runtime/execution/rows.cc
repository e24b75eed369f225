#include "runtime/execution/rows.h"

#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

namespace henson::runtime {
namespace {

/// The stride between rows of a tensor, when one serves all its leading dimensions.
std::optional<std::int64_t> common_stride(const Tensor& tensor) {
  const Dims& sizes = tensor.sizes();
  const Dims& strides = tensor.strides();
  const std::size_t last = sizes.size() - 1;
  if (sizes[last] != 1 && strides[last] != 1) return std::nullopt;
  std::optional<std::int64_t> common;
  std::int64_t below = 1;  // rows in the dimensions after
  for (std::size_t i = last; i-- > 0;) {
    if (sizes[i] == 1) continue;
    if (!common) {
      common = strides[i];
    } else if (strides[i] != *common * below) {
      return std::nullopt;
    }
    below *= sizes[i];
  }
  const std::int64_t stride = common.value_or(sizes[last]);
  return stride >= 0 ? std::optional(stride) : std::nullopt;
}

/// A frame's tensor whose rows have one stride: itself or a copy.
struct FrameRows {
  Tensor tensor;
  std::int64_t stride = 0;
  std::int64_t count = 0;
};

std::optional<FrameRows> frame_rows(Allocator& memory, const Frame& frame, ValueId id) {
  const auto* tensor = std::get_if<Tensor>(&frame[id]);
  if (tensor == nullptr || !tensor->defined() || tensor->dtype() != DType::kFloat32 ||
      tensor->dim() == 0) {
    return std::nullopt;
  }
  const std::int64_t columns = tensor->sizes().back();
  const std::int64_t count = columns == 0 ? 0 : tensor->numel() / columns;
  if (const auto stride = common_stride(*tensor)) return FrameRows{*tensor, *stride, count};
  return FrameRows{tensor->clone(memory), columns, count};
}

bool follows(const FrameRows& before, const FrameRows& next) {
  return next.tensor.buffer() == before.tensor.buffer() && next.stride == before.stride &&
         next.tensor.offset() == before.tensor.offset() + before.count * before.stride;
}

Rows whole(const FrameRows& first, std::int64_t count, std::size_t columns) {
  // Rows are written only through make_rows, which owns them.
  auto* const data = const_cast<float*>(first.tensor.data<float>());
  return {first.tensor, data, static_cast<std::size_t>(first.stride),
          static_cast<std::size_t>(count), columns};
}

Rows gathered(Allocator& memory, const std::vector<FrameRows>& parts, std::int64_t count,
              std::size_t columns) {
  const std::size_t stride = row_stride(columns);
  Tensor all = Tensor::empty(memory, DType::kFloat32, {count, static_cast<std::int64_t>(stride)});
  float* const data = all.mutable_data<float>();
  float* to = data;
  for (const FrameRows& part : parts) {
    const float* from = part.tensor.data<float>();
    for (std::int64_t row = 0; row < part.count; ++row, from += part.stride, to += stride) {
      std::memcpy(to, from, columns * sizeof(float));
    }
  }
  return {std::move(all), data, stride, static_cast<std::size_t>(count), columns};
}

}  // namespace

std::size_t row_stride(std::size_t columns) noexcept {
  constexpr std::size_t kLineFloats = 16;
  constexpr std::size_t kSets = 64;
  if (columns % kLineFloats != 0) return columns;
  const std::size_t sets = kSets / std::gcd(columns / kLineFloats, kSets);
  return sets > 2 ? columns : columns + kLineFloats;
}

std::optional<Rows> rows_of(Allocator& memory, std::span<const Frame> frames, ValueId id) {
  std::vector<FrameRows> parts;
  std::int64_t count = 0;
  bool joined = true;
  for (const Frame& frame : frames) {
    std::optional<FrameRows> part = frame_rows(memory, frame, id);
    if (!part) return std::nullopt;
    if (!parts.empty()) {
      if (part->tensor.sizes().back() != parts.front().tensor.sizes().back()) return std::nullopt;
      joined = joined && follows(parts.back(), *part);
    }
    count += part->count;
    parts.push_back(std::move(*part));
  }
  const auto columns = static_cast<std::size_t>(parts.front().tensor.sizes().back());
  return joined ? whole(parts.front(), count, columns) : gathered(memory, parts, count, columns);
}

Rows make_rows(Allocator& memory, std::span<Frame> frames, ValueId like, ValueId result,
               std::size_t columns) {
  std::vector<Dims> sizes;
  std::int64_t count = 0;
  for (const Frame& frame : frames) {
    Dims dims = frame[like].as<Tensor>().sizes();
    dims.pop_back();
    count += numel_of(dims);
    dims.push_back(static_cast<std::int64_t>(columns));
    sizes.push_back(std::move(dims));
  }
  const auto stride = static_cast<std::int64_t>(row_stride(columns));
  Tensor all = Tensor::empty(memory, DType::kFloat32, {count, stride});
  std::int64_t row = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    Dims strides(sizes[f].size(), 1);
    std::int64_t rows = 1;
    for (std::size_t i = strides.size() - 1; i-- > 0;) {
      strides[i] = rows * stride;
      rows *= sizes[f][i];
    }
    frames[f][result] =
        Tensor::view(DType::kFloat32, all.buffer(), sizes[f], std::move(strides), row * stride);
    row += rows;
  }
  float* const data = all.mutable_data<float>();
  return {std::move(all), data, static_cast<std::size_t>(stride), static_cast<std::size_t>(count),
          columns};
}

}  // namespace henson::runtime
