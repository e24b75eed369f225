// What henson::WeightInfo hands to those who read its elements, quantized ones too.
#pragma once

#include <utility>

#include "runtime/tensor/tensor.h"

namespace henson {

class WeightElements {
 public:
  explicit WeightElements(runtime::Tensor tensor) : tensor_(std::move(tensor)) {}
  const runtime::Tensor& tensor() const noexcept { return tensor_; }

 private:
  runtime::Tensor tensor_;
};

}  // namespace henson
