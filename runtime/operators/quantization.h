// Integers that stand for numbers: real = (q - zero_point) * scale.
#pragma once

#include <cstdint>

#include "runtime/operators/operator.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

struct QuantizationParameters {
  double scale = 1;
  std::int64_t zero_point = 0;
};

struct IntegerRange {
  std::int64_t least = 0;
  std::int64_t most = 255;
};

/// Of qint8, quint8, qint32 and the integers that store them.
IntegerRange range_of(DType dtype);

/// The parameters that let [least, most], widened to hold 0, fill `range`, halved on request.
QuantizationParameters choose_parameters(float least, float most, IntegerRange range,
                                         bool reduce_range);

/// The same for all elements of a float32 tensor.
QuantizationParameters choose_parameters(Allocator& memory, const Tensor& tensor,
                                         IntegerRange range, bool reduce_range);

/// To the nearest integer, ties to even, clamped to `range`.
std::int64_t quantize(float value, const QuantizationParameters& parameters, IntegerRange range);

/// float32 of a quantized tensor; a floating tensor comes back as float32.
Tensor dequantize(Allocator& memory, const Tensor& tensor);

void register_quantization(OperatorTable& table);

}  // namespace henson::runtime
