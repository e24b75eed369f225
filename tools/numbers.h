// The elements of tensors of any dtype as plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// Element `index` in row-major order, as a double (integers above 2^53 lose digits). The tensor
/// must not be quantized.
double number_at(const Tensor& tensor, std::size_t index);
/// Element `index` of a bool or integer tensor.
std::int64_t integer_at(const Tensor& tensor, std::size_t index);
/// All elements as float.
std::vector<float> to_floats(const Tensor& tensor);

/// Row-major position `index` in a tensor of this shape, as "[0, 3, 2]".
std::string place_in(const std::vector<std::int64_t>& shape, std::size_t index);

}  // namespace henson::tools
