#include "runtime/api/public_tensor.h"

#include <cstring>

#include "henson/error.h"
#include "runtime/tensor/bools.h"

namespace henson {
namespace {

std::size_t checked_bytes(DType dtype, std::span<const std::int64_t> shape,
                          std::span<const std::byte> bytes) {
  const std::size_t wanted = static_cast<std::size_t>(runtime::numel_of(shape)) * size_of(dtype);
  if (bytes.size() != wanted) {
    throw Error(ErrorCode::kBadInput, "a tensor of this shape and dtype has " +
                                          std::to_string(wanted) + " bytes, and " +
                                          std::to_string(bytes.size()) + " are given");
  }
  return wanted;
}

}  // namespace

Tensor Tensor::share(DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes,
                     std::shared_ptr<const void> owner) {
  checked_bytes(dtype, shape, bytes);
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.bytes_ = bytes;
  tensor.owner_ = std::move(owner);
  return tensor;
}

Tensor Tensor::copy(DType dtype, std::vector<std::int64_t> shape,
                    std::span<const std::byte> bytes) {
  const std::shared_ptr<runtime::Buffer> buffer =
      runtime::system_memory().allocate(checked_bytes(dtype, shape, bytes));
  if (!bytes.empty()) std::memcpy(buffer->mutable_data(), bytes.data(), bytes.size());
  return share(dtype, std::move(shape), {buffer->data(), buffer->size()}, buffer);
}

Tensor Tensor::borrow(DType dtype, std::vector<std::int64_t> shape,
                      std::span<const std::byte> bytes) {
  return share(dtype, std::move(shape), bytes, nullptr);
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  return runtime::to_public(runtime::from_public(*this).to(runtime::system_memory(), dtype));
}

std::int64_t Tensor::element_count() const noexcept {
  return loader::element_count(shape_).value_or(0);
}

void Tensor::check_dtype(DType wanted) const {
  if (wanted == dtype_) return;
  throw Error(ErrorCode::kBadInput, "the tensor holds " + std::string(name_of(dtype_)) + ", not " +
                                        std::string(name_of(wanted)));
}

namespace runtime {

henson::Tensor to_public(const Tensor& tensor) {
  const Tensor whole = tensor.contiguous(system_memory());
  const std::size_t width = size_of(whole.dtype());
  const std::shared_ptr<Buffer>& buffer = whole.buffer();
  const std::size_t start = static_cast<std::size_t>(whole.offset()) * width;
  const std::size_t bytes = static_cast<std::size_t>(whole.numel()) * width;
  if (bytes == 0) return henson::Tensor::copy(whole.dtype(), whole.sizes(), {});
  return henson::Tensor::share(whole.dtype(), whole.sizes(), {buffer->data() + start, bytes},
                               buffer);
}

Tensor from_public(const henson::Tensor& tensor) {
  std::shared_ptr<Buffer> buffer = Buffer::borrow(tensor.bytes());
  if (tensor.dtype() == DType::kBool) buffer = as_bools(std::move(buffer));
  return Tensor::view(tensor.dtype(), std::move(buffer), tensor.shape(),
                      contiguous_strides(tensor.shape()), 0);
}

}  // namespace runtime
}  // namespace henson
