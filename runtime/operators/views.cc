#include "runtime/operators/views.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/tensor/checked.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

std::size_t index_of(std::int64_t dim, std::int64_t rank) {
  return static_cast<std::size_t>(wrap_dim(dim, rank));
}

}  // namespace

void check_writable(const Tensor& tensor) {
  if (tensor.numel() == 0) return;
  for (std::size_t d = 0; d < tensor.sizes().size(); ++d) {
    if (tensor.sizes()[d] > 1 && tensor.strides()[d] == 0) {
      fail(
          "unsupported operation: more than one element of the written-to tensor refers to a "
          "single memory location. Please clone() the tensor before performing the operation.");
    }
  }
}

Dims infer_sizes(std::span<const std::int64_t> sizes, std::int64_t numel) {
  Dims inferred(sizes.begin(), sizes.end());
  const auto invalid = [&] {
    fail("shape '" + to_string(sizes) + "' is invalid for input of size " + std::to_string(numel));
  };
  std::optional<std::size_t> unknown;
  std::int64_t known = 1;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == -1) {
      if (unknown) fail("only one dimension can be inferred");
      unknown = d;
    } else if (sizes[d] < 0) {
      fail("invalid shape dimension " + std::to_string(sizes[d]));
    } else if (const auto product = try_multiply(known, sizes[d])) {
      known = *product;
    } else {
      invalid();
    }
  }
  if (!unknown) {
    if (known != numel) invalid();
    return inferred;
  }
  if (known == 0 && numel == 0) {
    fail("cannot reshape tensor of 0 elements into shape " + to_string(sizes) +
         " because the unspecified dimension size -1 can be any value and is ambiguous");
  }
  if (known == 0 || numel % known != 0) invalid();
  inferred[*unknown] = numel / known;
  return inferred;
}

std::optional<Dims> view_strides(const Tensor& tensor, std::span<const std::int64_t> sizes) {
  if (tensor.numel() == 0) {
    if (std::equal(sizes.begin(), sizes.end(), tensor.sizes().begin(), tensor.sizes().end())) {
      return tensor.strides();
    }
    return contiguous_strides(sizes);
  }
  // Runs of old dimensions that lie one within the other are split anew; a new dimension must not
  // reach over the end of a run.
  const Dims& old_sizes = tensor.sizes();
  const Dims& old_strides = tensor.strides();
  Dims strides(sizes.size(), 1);
  std::size_t next = sizes.size();
  std::int64_t run = 1;
  std::int64_t run_stride = tensor.dim() == 0 ? 1 : old_strides.back();
  for (std::size_t d = old_sizes.size(); d-- > 0;) {
    run *= old_sizes[d];
    const bool run_ends =
        d == 0 || (old_sizes[d - 1] != 1 && old_strides[d - 1] != run * run_stride);
    if (!run_ends) continue;
    std::int64_t taken = 1;
    while (next > 0 && (taken < run || sizes[next - 1] == 1)) {
      strides[next - 1] = taken * run_stride;
      taken *= sizes[next - 1];
      --next;
    }
    if (taken != run) return std::nullopt;
    if (d > 0) {
      run = 1;
      run_stride = old_strides[d - 1];
    }
  }
  if (next > 0 && !old_sizes.empty()) return std::nullopt;
  return strides;
}

Tensor view(const Tensor& tensor, std::span<const std::int64_t> sizes) {
  Dims wanted = infer_sizes(sizes, tensor.numel());
  std::optional<Dims> strides = view_strides(tensor, wanted);
  if (!strides) {
    fail("view size " + to_string(sizes) + " is not compatible with the tensor's size " +
         to_string(tensor.sizes()) + " and stride " + to_string(tensor.strides()));
  }
  return tensor.with_view(std::move(wanted), std::move(*strides), tensor.offset());
}

Tensor view_as_dtype(const Tensor& tensor, DType dtype) {
  if (is_quantized(dtype) || is_quantized(tensor.dtype())) throw_unsupported_dtype(dtype);
  if (dtype == DType::kBool && tensor.dtype() != DType::kBool) {
    throw Error(ErrorCode::kUnsupported, "view: the bytes of another dtype shown as bool");
  }
  const auto from = static_cast<std::int64_t>(size_of(tensor.dtype()));
  const auto to = static_cast<std::int64_t>(size_of(dtype));
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  if (from == to) {
    return Tensor::view(dtype, tensor.buffer(), std::move(sizes), std::move(strides),
                        tensor.offset());
  }
  if (sizes.empty() || strides.back() != 1) {
    fail("view: to change the dtype's size the last dimension must have stride 1");
  }
  const auto scale = [&](std::int64_t count) {
    const std::int64_t bytes = checked_multiply(count, from);
    if (bytes % to != 0) {
      fail("view: sizes, strides and offset must be divisible to change the dtype's size");
    }
    return bytes / to;
  };
  sizes.back() = scale(sizes.back());
  for (std::size_t d = 0; d + 1 < strides.size(); ++d) strides[d] = scale(strides[d]);
  return Tensor::view(dtype, tensor.buffer(), std::move(sizes), std::move(strides),
                      scale(tensor.offset()));
}

Tensor reshape(Allocator& memory, const Tensor& tensor, std::span<const std::int64_t> sizes) {
  Dims wanted = infer_sizes(sizes, tensor.numel());
  if (std::optional<Dims> strides = view_strides(tensor, wanted)) {
    return tensor.with_view(std::move(wanted), std::move(*strides), tensor.offset());
  }
  const Tensor copy = tensor.clone(memory);
  Dims strides = contiguous_strides(wanted);
  return copy.with_view(std::move(wanted), std::move(strides), 0);
}

Tensor flatten(Allocator& memory, const Tensor& tensor, std::int64_t start, std::int64_t end) {
  const std::size_t first = index_of(start, tensor.dim());
  const std::size_t last = index_of(end, tensor.dim());
  if (first > last) fail("flatten() has invalid args: start_dim cannot come after end_dim");
  if (tensor.dim() == 0) return reshape(memory, tensor, Dims{1});
  if (first == last) return tensor;
  Dims sizes;
  std::int64_t joined = 1;
  for (std::size_t d = 0; d < tensor.sizes().size(); ++d) {
    if (d < first || d > last) {
      sizes.push_back(tensor.sizes()[d]);
      continue;
    }
    joined *= tensor.sizes()[d];
    if (d == last) sizes.push_back(joined);
  }
  return reshape(memory, tensor, sizes);
}

Tensor unflatten(const Tensor& tensor, std::int64_t dim, const Dims& sizes) {
  if (sizes.empty()) fail("unflatten: sizes must be non-empty");
  if (tensor.dim() == 0) fail("unflatten: the tensor has no dimension to split");
  const std::size_t at = index_of(dim, tensor.dim());
  const Dims parts = infer_sizes(sizes, tensor.sizes()[at]);
  Dims wanted = tensor.sizes();
  wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(at));
  wanted.insert(wanted.begin() + static_cast<std::ptrdiff_t>(at), parts.begin(), parts.end());
  return view(tensor, wanted);
}

Tensor expand(const Tensor& tensor, const Dims& sizes) {
  Dims wanted = sizes;
  const std::size_t rank = tensor.sizes().size();
  for (std::size_t d = 0; d < wanted.size(); ++d) {
    if (wanted[d] != -1) continue;
    if (d + rank < wanted.size()) {
      fail(
          "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
          "dimension " +
          std::to_string(d));
    }
    wanted[d] = tensor.sizes()[d + rank - wanted.size()];
  }
  return expand_to(tensor, wanted);
}

Tensor permute(const Tensor& tensor, const Dims& dims) {
  const std::size_t rank = tensor.sizes().size();
  if (dims.size() != rank) {
    fail(
        "permute: the number of dimensions in the tensor input does not match the length of "
        "dims: input.dim() = " +
        std::to_string(rank) + " is not equal to len(dims) = " + std::to_string(dims.size()));
  }
  Dims sizes(rank);
  Dims strides(rank);
  std::vector<bool> seen(rank, false);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::size_t from = index_of(dims[d], tensor.dim());
    if (seen[from]) fail("permute(): duplicate dims are not allowed.");
    seen[from] = true;
    sizes[d] = tensor.sizes()[from];
    strides[d] = tensor.strides()[from];
  }
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor transpose(const Tensor& tensor, std::int64_t a, std::int64_t b) {
  const std::size_t x = index_of(a, tensor.dim());
  const std::size_t y = index_of(b, tensor.dim());
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  if (x != y) {
    std::swap(sizes[x], sizes[y]);
    std::swap(strides[x], strides[y]);
  }
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor move_dims(const Tensor& tensor, const Dims& from, const Dims& to) {
  if (from.size() != to.size()) {
    fail("movedim: Invalid source or destination dims: they should have the same number of dims");
  }
  const std::size_t rank = tensor.sizes().size();
  if (rank == 0) {
    for (const Dims* dims : {&from, &to}) {
      for (const std::int64_t dim : *dims) wrap_dim(dim, 0);
      if (dims->size() > 1) fail("movedim: repeated dim");
    }
    return tensor.with_view({}, {}, tensor.offset());
  }
  Dims order(rank, -1);
  std::vector<bool> moved(rank, false);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t source = index_of(from[i], tensor.dim());
    const std::size_t target = index_of(to[i], tensor.dim());
    if (moved[source] || order[target] != -1) fail("movedim: repeated dim");
    moved[source] = true;
    order[target] = static_cast<std::int64_t>(source);
  }
  std::size_t next = 0;
  for (std::int64_t& entry : order) {
    if (entry != -1) continue;
    while (moved[next]) ++next;
    entry = static_cast<std::int64_t>(next++);
  }
  return permute(tensor, order);
}

Tensor reverse_dims(const Tensor& tensor) {
  Dims sizes(tensor.sizes().rbegin(), tensor.sizes().rend());
  Dims strides(tensor.strides().rbegin(), tensor.strides().rend());
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor matrix_transpose(const Tensor& tensor) {
  if (tensor.dim() > 2) {
    fail("t() expects a tensor with <= 2 dimensions, but self is " + std::to_string(tensor.dim()) +
         "D");
  }
  return reverse_dims(tensor);
}

Tensor squeeze(const Tensor& tensor) {
  Dims all(tensor.sizes().size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return squeeze(tensor, all);
}

Tensor squeeze(const Tensor& tensor, const Dims& dims) {
  std::vector<bool> wanted(std::max<std::size_t>(tensor.sizes().size(), 1), false);
  for (const std::int64_t dim : dims) {
    const std::size_t at = index_of(dim, tensor.dim());
    if (wanted[at]) {
      fail("dim " + std::to_string(at) + " appears multiple times in the list of dims");
    }
    wanted[at] = true;
  }
  Dims sizes;
  Dims strides;
  for (std::size_t d = 0; d < tensor.sizes().size(); ++d) {
    if (wanted[d] && tensor.sizes()[d] == 1) continue;
    sizes.push_back(tensor.sizes()[d]);
    strides.push_back(tensor.strides()[d]);
  }
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor unsqueeze(const Tensor& tensor, std::int64_t dim) {
  const std::size_t at = index_of(dim, tensor.dim() + 1);
  Dims sizes = tensor.sizes();
  Dims strides = tensor.strides();
  const std::int64_t stride = at < sizes.size() ? sizes[at] * strides[at] : 1;
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(at), 1);
  strides.insert(strides.begin() + static_cast<std::ptrdiff_t>(at), stride);
  return tensor.with_view(std::move(sizes), std::move(strides), tensor.offset());
}

Tensor at_least(Allocator& memory, const Tensor& tensor, std::int64_t rank) {
  Tensor result = tensor;
  if (result.dim() == 0) result = reshape(memory, result, Dims{1});
  if (rank >= 2 && result.dim() == 1) result = unsqueeze(result, 0);
  if (rank >= 3 && result.dim() == 2) result = unsqueeze(result, -1);
  return result;
}

}  // namespace henson::runtime
