#include "runtime/tensor/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "henson/error.h"
#include "kernels/aligned.h"
#include "loader/limits.h"
#include "runtime/tensor/buffer_pool.h"
#include "runtime/tensor/checked.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// What every tensor keeps, so that no product of its sizes, in whatever order and with the zeros
/// left out, leaves 64 bits.
void check_sizes(std::span<const std::int64_t> sizes) {
  if (sizes.size() > limits::kMaxRank) fail("a tensor has too many dimensions");
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) {
    if (size < 0 || __builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product)) {
      fail("the sizes of a tensor are negative or too large");
    }
  }
}

/// What every view keeps besides, so that neither an offset within it nor twice that leaves 64
/// bits, elements or not.
void check_view(std::span<const std::int64_t> sizes, std::span<const std::int64_t> strides,
                std::int64_t offset) {
  check_sizes(sizes);
  if (strides.size() != sizes.size()) fail("a tensor has other strides than sizes");
  constexpr std::int64_t kFarthest = std::int64_t{1} << 60;
  std::int64_t reach = offset;
  bool fits = offset >= 0;
  for (std::size_t d = 0; d < sizes.size() && fits; ++d) {
    const std::int64_t stride = strides[d];
    fits = stride >= -kFarthest && stride <= kFarthest;
    std::int64_t step = 0;
    fits = fits &&
           !__builtin_mul_overflow(std::max<std::int64_t>(sizes[d], 1), std::abs(stride), &step);
    fits = fits && !__builtin_add_overflow(reach, step, &reach) && reach <= kFarthest;
  }
  if (!fits) fail("the strides of a tensor reach too far");
}

/// What has no room says for which tensor. (What the system refuses stays std::bad_alloc: whoever
/// goes on after an Error must not take that for an answer.)
std::shared_ptr<Buffer> allocate(Allocator& memory, std::size_t bytes, DType dtype,
                                 const Dims& sizes) {
  try {
    return memory.allocate(bytes);
  } catch (const Error& error) {
    throw Error(error.code(), "no memory for " + std::string(name_of(dtype)) + " " +
                                  to_string(sizes) + ": " + error.message());
  }
}

}  // namespace

Buffer::Buffer(std::size_t bytes, Charge charge)
    : charge_(std::move(charge)),
      owned_(static_cast<std::byte*>(kernels::allocate_aligned(bytes))),
      data_(owned_),
      size_(bytes) {}

Buffer::Buffer(std::size_t bytes, BufferPool& pool, Charge charge)
    : charge_(std::move(charge)),
      owned_(pool.take(bytes)),
      pool_(&pool),
      data_(owned_),
      size_(bytes) {}

Buffer::~Buffer() {
  if (pool_ != nullptr) {
    pool_->give_back(owned_);
  } else {
    kernels::free_aligned(owned_, size_);
  }
}

std::shared_ptr<Buffer> Buffer::share(std::shared_ptr<const loader::Storage> storage) {
  auto buffer = std::make_shared<Buffer>();
  buffer->size_ = storage->size();
  buffer->storage_ = std::move(storage);
  return buffer;
}

std::shared_ptr<Buffer> Buffer::borrow(std::span<const std::byte> bytes) {
  auto buffer = std::make_shared<Buffer>();
  buffer->data_ = bytes.data();
  buffer->size_ = bytes.size();
  return buffer;
}

std::byte* Buffer::mutable_data() {
  if (read_only()) {
    throw Error(ErrorCode::kInternal, "an operator writes into a read-only tensor");
  }
  return owned_;
}

Tensor Tensor::empty(Allocator& memory, DType dtype, Dims sizes) {
  check_sizes(sizes);  // before strides are made of them
  const auto count = static_cast<std::uint64_t>(numel_of(sizes));
  if (count > std::numeric_limits<std::int64_t>::max() / size_of(dtype)) {
    fail("a tensor is too large");
  }
  Dims strides = contiguous_strides(sizes);
  std::shared_ptr<Buffer> buffer = allocate(memory, count * size_of(dtype), dtype, sizes);
  return view(dtype, std::move(buffer), std::move(sizes), std::move(strides), 0);
}

Tensor Tensor::view(DType dtype, std::shared_ptr<Buffer> buffer, Dims sizes, Dims strides,
                    std::int64_t offset) {
  check_view(sizes, strides, offset);
  return Tensor(std::make_shared<Impl>(
      Impl{dtype, std::move(buffer), std::move(sizes), std::move(strides), offset, nullptr}));
}

Tensor Tensor::scalar(std::int64_t value) {
  Tensor tensor = empty(system_memory(), DType::kInt64, {});
  *tensor.mutable_data<std::int64_t>() = value;
  return tensor;
}

Tensor Tensor::scalar(double value, DType dtype) {
  Tensor tensor = empty(system_memory(), DType::kFloat64, {});
  *tensor.mutable_data<double>() = value;
  return tensor.to(system_memory(), dtype);
}

Tensor Tensor::scalar(bool value) {
  Tensor tensor = empty(system_memory(), DType::kBool, {});
  *tensor.mutable_data<bool>() = value;
  return tensor;
}

std::int64_t Tensor::size(std::int64_t dim) const {
  if (impl_->sizes.empty()) fail("a 0-dimensional tensor has no size to ask for");
  return impl_->sizes[static_cast<std::size_t>(wrap_dim(dim, this->dim()))];
}

std::int64_t Tensor::numel() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t size : impl_->sizes) count *= size;
  return count;
}

bool Tensor::is_contiguous() const noexcept {
  if (numel() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t d = impl_->sizes.size(); d-- > 0;) {
    const std::int64_t size = impl_->sizes[d];
    if (size != 1 && impl_->strides[d] != expected) return false;
    expected *= size;
  }
  return true;
}

Tensor Tensor::with_view(Dims sizes, Dims strides, std::int64_t offset) const {
  check_view(sizes, strides, offset);
  return Tensor(std::make_shared<Impl>(Impl{impl_->dtype, impl_->buffer, std::move(sizes),
                                            std::move(strides), offset, impl_->quantization}));
}

Tensor Tensor::with_quantization(std::shared_ptr<const loader::Quantization> quantization) const {
  if (quantization) {
    for (const std::int64_t zero : quantization->zero_points) {
      if (zero != static_cast<std::int32_t>(zero)) {
        fail("the zero point " + std::to_string(zero) + " of a quantized tensor is out of range");
      }
    }
  }
  Tensor copy(std::make_shared<Impl>(*impl_));
  copy.impl_->quantization = std::move(quantization);
  return copy;
}

void Tensor::set_view(Dims sizes, Dims strides) {
  check_view(sizes, strides, impl_->offset);
  impl_->sizes = std::move(sizes);
  impl_->strides = std::move(strides);
}

void Tensor::set_from(const Tensor& other) { *impl_ = *other.impl_; }

Tensor Tensor::contiguous(Allocator& memory) const {
  return is_contiguous() ? *this : clone(memory);
}

Tensor Tensor::clone(Allocator& memory) const {
  Tensor copy = empty(memory, dtype(), sizes());
  copy.impl_->quantization = impl_->quantization;
  copy_into(memory, copy, *this);
  return copy;
}

Tensor Tensor::to(Allocator& memory, DType dtype) const {
  if (dtype == impl_->dtype) return *this;
  Tensor copy = empty(memory, dtype, sizes());
  copy_into(memory, copy, *this);
  return copy;
}

Dims contiguous_strides(std::span<const std::int64_t> sizes) {
  Dims strides(sizes.size());
  std::int64_t stride = 1;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    strides[d] = stride;
    if (d > 0) stride = checked_multiply(stride, std::max<std::int64_t>(sizes[d], 1));
  }
  return strides;
}

std::string to_string(std::span<const std::int64_t> sizes) {
  std::string text = "[";
  for (const std::int64_t size : sizes) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

std::int64_t numel_of(std::span<const std::int64_t> sizes) {
  if (sizes.size() > limits::kMaxRank) fail("a tensor has too many dimensions");
  const std::optional<std::int64_t> count = loader::element_count(sizes);
  if (!count) fail("the sizes of a tensor are negative or too large");
  return *count;
}

std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank) {
  const std::int64_t bound = std::max<std::int64_t>(rank, 1);
  if (dim < -bound || dim >= bound) {
    fail("Dimension out of range (expected to be in range of [" + std::to_string(-bound) + ", " +
         std::to_string(bound - 1) + "], but got " + std::to_string(dim) + ")");
  }
  return dim < 0 ? dim + bound : dim;
}

Dims broadcast_sizes(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Dims sizes(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      fail("The size of tensor a (" + std::to_string(x) + ") must match the size of tensor b (" +
           std::to_string(y) + ") at non-singleton dimension " + std::to_string(rank - 1 - i));
    }
    sizes[rank - 1 - i] = x == 1 ? y : x;
  }
  return sizes;
}

Tensor expand_to(const Tensor& tensor, std::span<const std::int64_t> sizes) {
  const std::size_t rank = tensor.sizes().size();
  if (rank > sizes.size()) {
    fail("expand: the number of sizes (" + std::to_string(sizes.size()) +
         ") must be at least the number of dimensions (" + std::to_string(rank) + ")");
  }
  if (std::equal(sizes.begin(), sizes.end(), tensor.sizes().begin(), tensor.sizes().end())) {
    return tensor.with_view(tensor.sizes(), tensor.strides(), tensor.offset());
  }
  const std::size_t lead = sizes.size() - rank;
  Dims strides(sizes.size(), 0);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t own = tensor.sizes()[d];
    const std::int64_t wanted = sizes[lead + d];
    if (own == wanted) {
      strides[lead + d] = tensor.strides()[d];
    } else if (own != 1) {
      fail("The expanded size of the tensor (" + std::to_string(wanted) +
           ") must match the existing size (" + std::to_string(own) +
           ") at non-singleton dimension " + std::to_string(lead + d));
    }
  }
  return tensor.with_view({sizes.begin(), sizes.end()}, std::move(strides), tensor.offset());
}

}  // namespace henson::runtime
