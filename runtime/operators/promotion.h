// PyTorch's type promotion:
// https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
#pragma once

#include <optional>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// The smallest type that both fit in, by PyTorch's table.
DType promote(DType a, DType b) noexcept;

/// The result type of operands taken together: tensors with dimensions outrank 0-dimensional ones,
/// and those outrank numbers, unless the lower-ranked one is of a higher category (bool < integer <
/// floating).
class Promotion {
 public:
  Promotion& add(const Tensor& tensor) { return add(tensor.dtype(), tensor.dim() > 0); }
  Promotion& add(DType dtype, bool has_dimensions);  // of a tensor
  Promotion& add(const Scalar& scalar);
  Promotion& add_number(DType dtype);  // int64, float32 or bool
  DType result() const noexcept;

 private:
  std::optional<DType> dimensional_;
  std::optional<DType> zero_dimensional_;
  std::optional<DType> number_;
};

}  // namespace henson::runtime
