// Between the tensors that callers see and those that the runtime computes on.
#pragma once

#include "henson/henson.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// Shares the elements when they lie contiguous, else copies them.
henson::Tensor to_public(const Tensor& tensor);
/// Borrows the caller's elements: the result must not outlive them.
Tensor from_public(const henson::Tensor& tensor);

}  // namespace henson::runtime
