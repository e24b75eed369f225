// Steps for values of 16 bits.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "kernels/convert.h"
#include "runtime/execution/step.h"

namespace henson::runtime {

/// float16 and bfloat16, as the kernels call them; nothing for other types.
std::optional<kernels::NarrowType> narrow_type(DType dtype) noexcept;

/// The elements of a tensor of 16 bits as float32, contiguous.
Tensor widened(Allocator& memory, const Tensor& tensor);

/// A step of a node whose results are float16 or bfloat16, made of one that works in float32: what
/// it reads is widened before it, what it makes is rounded after it, once. `inputs` are what the
/// step reads when it runs: not the weights, which it has.
std::unique_ptr<Step> make_narrow(std::vector<ValueId> inputs, const Node& node, DType result,
                                  std::unique_ptr<Step> step);

}  // namespace henson::runtime
