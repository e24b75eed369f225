// Dispatch for kernels that move elements and do not look at them: by width, for every dtype,
// quantized ones too.
#pragma once

#include <cstdint>

#include "runtime/tensor/elements.h"

namespace henson::runtime {

/// Calls f(TypeTag<U>{}) with the unsigned integer that is as wide as an element. Tensor::data<U>()
/// then gives the elements' bits.
template <typename F>
decltype(auto) visit_width(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f(TypeTag<std::uint8_t>{});
    case 2:
      return f(TypeTag<std::uint16_t>{});
    case 4:
      return f(TypeTag<std::uint32_t>{});
    case 8:
      return f(TypeTag<std::uint64_t>{});
    default:
      throw_unsupported_dtype(dtype);
  }
}

}  // namespace henson::runtime
