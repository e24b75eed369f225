// Views of a part of a tensor.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "henson/error.h"
#include "loader/limits.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The stride of every `step`-th element of a dimension that keeps `size` of them. With one element
/// or none it is never used: it need not fit then.
std::int64_t stepped(std::int64_t stride, std::int64_t step, std::int64_t size) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 48;
  const std::optional<std::int64_t> wide = try_multiply(stride, step);
  return wide && (size > 1 || std::abs(*wide) <= kLargest) ? *wide : 1;
}

/// The dimension of a tensor that has one.
std::size_t dim_of(const Tensor& tensor, std::int64_t dim, const char* what) {
  if (tensor.dim() == 0) fail(std::string(what) + "() cannot be applied to a 0-dim tensor.");
  return static_cast<std::size_t>(wrap_dim(dim, tensor.dim()));
}

/// Throws when a tensor would come apart into more parts than a model has use for: each is a tensor
/// of its own.
void check_parts(std::int64_t parts, const char* what) {
  if (parts <= static_cast<std::int64_t>(limits::kMaxParts)) return;
  fail(std::string(what) + ": " + std::to_string(parts) + " parts; at most " +
       std::to_string(limits::kMaxParts) + " can be");
}

/// Whether every element of a view lies in the buffer.
bool within_buffer(const Tensor& tensor, const Dims& sizes, const Dims& strides,
                   std::int64_t offset) {
  if (numel_of(sizes) == 0) return true;
  std::int64_t last = offset;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(sizes[d] - 1, strides[d], &reach)) return false;
    if (__builtin_add_overflow(last, reach, &last)) return false;
  }
  return static_cast<std::uint64_t>(last) < tensor.buffer()->size() / size_of(tensor.dtype());
}

}  // namespace

Tensor select(const Tensor& tensor, std::int64_t dim, std::int64_t index) {
  const std::size_t at = dim_of(tensor, dim, "select");
  const std::int64_t size = tensor.sizes()[at];
  if (index < -size || index >= size) {
    fail("select(): index " + std::to_string(index) + " out of range for tensor of size " +
         to_string(tensor.sizes()) + " at dimension " + std::to_string(at));
  }
  const std::int64_t position = index < 0 ? index + size : index;
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  const std::int64_t offset = tensor.offset() + position * strides[at];
  sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(at));
  strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(at));
  return tensor.with_view(std::move(sizes), std::move(strides), offset);
}

Tensor slice(const Tensor& tensor, std::int64_t dim, std::optional<std::int64_t> start,
             std::optional<std::int64_t> end, std::int64_t step) {
  const std::size_t at = dim_of(tensor, dim, "slice");
  if (step < 1) fail("slice step must be positive");
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  const std::int64_t size = sizes[at];
  std::int64_t first = start.value_or(0);
  std::int64_t last = end.value_or(size);
  if (first < 0) first += size;
  if (last < 0) last += size;
  first = std::clamp<std::int64_t>(first, 0, size);
  last = std::clamp<std::int64_t>(last, first, size);
  const std::int64_t length = last - first;
  sizes[at] = length / step + (length % step != 0 ? 1 : 0);
  const std::int64_t offset = tensor.offset() + first * strides[at];
  strides[at] = stepped(strides[at], step, sizes[at]);
  return tensor.with_view(std::move(sizes), std::move(strides), offset);
}

Tensor narrow(const Tensor& tensor, std::int64_t dim, std::int64_t start, std::int64_t length) {
  const std::size_t at = dim_of(tensor, dim, "narrow");
  const std::int64_t size = tensor.sizes()[at];
  if (length < 0) fail("narrow(): length must be non-negative.");
  if (start < -size || start > size) {
    fail("start (" + std::to_string(start) + ") is out of range for dimension " +
         std::to_string(at) + " of size " + std::to_string(size));
  }
  const std::int64_t first = start < 0 ? start + size : start;
  if (length > size - first) {
    fail("start (" + std::to_string(first) + ") + length (" + std::to_string(length) +
         ") exceeds dimension size (" + std::to_string(size) + ").");
  }
  return slice(tensor, dim, first, first + length, 1);
}

Tensor diagonal(const Tensor& tensor, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  const std::size_t rows = dim_of(tensor, dim1, "diagonal");
  const std::size_t columns = dim_of(tensor, dim2, "diagonal");
  if (rows == columns) fail("diagonal dimensions cannot be identical");
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  const std::int64_t length =
      std::max<std::int64_t>(offset >= 0 ? std::min(sizes[rows], sizes[columns] - offset)
                                         : std::min(sizes[rows] + offset, sizes[columns]),
                             0);
  std::int64_t first = tensor.offset();
  if (length > 0) first += offset >= 0 ? offset * strides[columns] : -offset * strides[rows];
  const std::int64_t stride = strides[rows] + strides[columns];
  for (const std::size_t at : {std::max(rows, columns), std::min(rows, columns)}) {
    sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(at));
    strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(at));
  }
  sizes.push_back(length);
  strides.push_back(stride);
  return tensor.with_view(std::move(sizes), std::move(strides), first);
}

Tensor unfold(const Tensor& tensor, std::int64_t dim, std::int64_t size, std::int64_t step) {
  const auto at = static_cast<std::size_t>(wrap_dim(dim, tensor.dim()));
  const std::int64_t extent = tensor.dim() == 0 ? 1 : tensor.sizes()[at];
  if (size < 0 || size > extent) {
    fail("maximum size for tensor at dimension " + std::to_string(at) + " is " +
         std::to_string(extent) + " but size is " + std::to_string(size));
  }
  if (step <= 0) fail("step is " + std::to_string(step) + " but must be > 0");
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  const std::int64_t stride = tensor.dim() == 0 ? 1 : strides[at];
  if (tensor.dim() > 0) {
    sizes[at] = (extent - size) / step + 1;
    strides[at] = stepped(stride, step, sizes[at]);
  }
  sizes.push_back(size);
  strides.push_back(stride);
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor as_strided(const Tensor& tensor, const Dims& sizes, const Dims& strides,
                  std::int64_t offset) {
  if (sizes.size() != strides.size()) fail("mismatch in length of strides and shape");
  if (offset < 0) fail("as_strided: the storage offset must be non-negative");
  if (std::any_of(strides.begin(), strides.end(), [](std::int64_t s) { return s < 0; })) {
    fail("as_strided: Negative strides are not supported at the moment, got strides: " +
         to_string(strides));
  }
  if (!within_buffer(tensor, sizes, strides, offset)) {
    fail("as_strided: sizes " + to_string(sizes) + ", strides " + to_string(strides) +
         " and storage offset " + std::to_string(offset) + " are out of bounds for storage of " +
         std::to_string(tensor.buffer()->size()) + " bytes");
  }
  return tensor.with_view(sizes, strides, offset);
}

Tensor reversed(const Tensor& tensor, const Dims& dims) {
  Dims strides = tensor.strides();
  std::int64_t offset = tensor.offset();
  std::vector<bool> seen(std::max<std::size_t>(strides.size(), 1), false);
  for (const std::int64_t dim : dims) {
    const auto at = static_cast<std::size_t>(wrap_dim(dim, tensor.dim()));
    if (seen[at]) {
      fail("dim " + std::to_string(at) + " appears multiple times in the list of dims");
    }
    seen[at] = true;
    if (strides.empty()) continue;
    if (tensor.sizes()[at] > 0) offset += (tensor.sizes()[at] - 1) * strides[at];
    strides[at] = -strides[at];
  }
  return tensor.with_view(tensor.sizes(), std::move(strides), offset);
}

std::vector<Tensor> split_with_sizes(const Tensor& tensor, const Dims& sizes, std::int64_t dim) {
  const std::size_t at = dim_of(tensor, dim, "split");
  std::int64_t sum = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || __builtin_add_overflow(sum, size, &sum)) {
      fail("split_with_sizes expects split_sizes have only non-negative entries, but got " +
           to_string(sizes));
    }
  }
  if (sum != tensor.sizes()[at]) {
    fail("split_with_sizes expects split_sizes to sum exactly to " +
         std::to_string(tensor.sizes()[at]) + " (input tensor's size at dimension " +
         std::to_string(at) + "), but got split_sizes=" + to_string(sizes));
  }
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(narrow(tensor, dim, start, size));
    start += size;
  }
  return parts;
}

std::vector<Tensor> split(const Tensor& tensor, std::int64_t size, std::int64_t dim) {
  const std::size_t at = dim_of(tensor, dim, "split");
  const std::int64_t extent = tensor.sizes()[at];
  if (size < 0) {
    fail("split expects split_size be non-negative, but got split_size=" + std::to_string(size));
  }
  if (size == 0 && extent != 0) {
    fail("split_size can only be 0 if dimension size is 0, but got dimension size of " +
         std::to_string(extent));
  }
  if (size > 0) check_parts(extent / size, "split");
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  do {
    const std::int64_t length = std::min(size, extent - start);
    parts.push_back(narrow(tensor, dim, start, length));
    start += length;
  } while (start < extent);
  return parts;
}

std::vector<Tensor> chunk(const Tensor& tensor, std::int64_t chunks, std::int64_t dim) {
  const std::size_t at = dim_of(tensor, dim, "chunk");
  if (chunks <= 0) {
    fail("chunk expects `chunks` to be greater than 0, got: " + std::to_string(chunks));
  }
  check_parts(chunks, "chunk");
  const std::int64_t extent = tensor.sizes()[at];
  if (extent == 0) {
    std::vector<Tensor> parts;
    for (std::int64_t i = 0; i < chunks; ++i) parts.push_back(narrow(tensor, dim, 0, 0));
    return parts;
  }
  return split(tensor, extent / chunks + (extent % chunks != 0 ? 1 : 0), dim);
}

std::vector<Tensor> tensor_split(const Tensor& tensor, std::int64_t sections, std::int64_t dim) {
  const std::size_t at = dim_of(tensor, dim, "tensor_split");
  if (sections <= 0) {
    fail("number of sections must be larger than 0, got " + std::to_string(sections));
  }
  check_parts(sections, "tensor_split");
  const std::int64_t extent = tensor.sizes()[at];
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (std::int64_t i = 0; i < sections; ++i) {
    const std::int64_t length = extent / sections + (i < extent % sections ? 1 : 0);
    parts.push_back(narrow(tensor, dim, start, length));
    start += length;
  }
  return parts;
}

std::vector<Tensor> tensor_split_at(const Tensor& tensor, const Dims& indices, std::int64_t dim) {
  dim_of(tensor, dim, "tensor_split");
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t end : indices) {
    parts.push_back(slice(tensor, dim, start, end, 1));
    start = end;
  }
  parts.push_back(slice(tensor, dim, start, std::nullopt, 1));
  return parts;
}

std::vector<Tensor> unbind(const Tensor& tensor, std::int64_t dim) {
  const std::size_t at = dim_of(tensor, dim, "unbind");
  check_parts(tensor.sizes()[at], "unbind");
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < tensor.sizes()[at]; ++i) parts.push_back(select(tensor, dim, i));
  return parts;
}

}  // namespace henson::runtime
