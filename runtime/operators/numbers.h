// Numbers of the code as tensors and values.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// The dtype that a number has by itself: bool, int64, or float32 (PyTorch's default).
DType dtype_of(const Scalar& number) noexcept;
/// A 0-dimensional tensor, of the system's memory. Throws henson::Error (kBadInput) when a finite
/// number does not fit.
Tensor to_tensor(const Scalar& number, DType dtype);
/// The value of a tensor of one element; throws henson::Error (kBadInput) for another.
Scalar to_scalar(const Tensor& tensor);
/// Truncates toward zero; throws henson::Error (kBadInput) when it does not fit, or is NaN.
std::int64_t to_int_checked(const Scalar& number);
Value to_value(const Scalar& number);
/// A list of tensors, counted as what it takes itself: the parts of a tensor may be many.
Value to_value(Allocator& memory, const std::vector<Tensor>& parts);

/// Sets every element. Throws as to_tensor does, but one element of half or bfloat16 alone becomes
/// infinite instead, as in PyTorch.
void fill(Allocator& memory, Tensor& tensor, const Scalar& number);
/// Contiguous and filled with a number.
Tensor filled(Allocator& memory, Dims sizes, const Scalar& number, DType dtype);
Tensor zeros(Allocator& memory, DType dtype, Dims sizes);

}  // namespace henson::runtime
