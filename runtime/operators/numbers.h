// Numbers of the code as tensors and values.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// The dtype that a number has by itself: bool, int64, or float32 (PyTorch's default).
DType dtype_of(const Scalar& number) noexcept;
/// A 0-dimensional tensor. Throws henson::Error (kBadInput) when a finite number does not fit.
Tensor to_tensor(const Scalar& number, DType dtype);
/// The value of a tensor of one element; throws henson::Error (kBadInput) for another.
Scalar to_scalar(const Tensor& tensor);
/// Truncates toward zero; throws henson::Error (kBadInput) when it does not fit, or is NaN.
std::int64_t to_int_checked(const Scalar& number);
Value to_value(const Scalar& number);
/// A list of tensors.
Value to_value(const std::vector<Tensor>& tensors);

/// Sets every element. Throws as to_tensor does, but one element of half or bfloat16 alone becomes
/// infinite instead, as in PyTorch.
void fill(Tensor& tensor, const Scalar& number);
/// Contiguous and filled with a number.
Tensor filled(Dims sizes, const Scalar& number, DType dtype);
Tensor zeros(DType dtype, Dims sizes);

}  // namespace henson::runtime
