// Convolutions and pooling over one or two dimensions.
#pragma once

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// Windows that slide over a plane; [0] is its height, [1] its width. One dimension is a plane of
/// height 1.
struct PlaneWindow {
  Dims kernel = {1, 1};
  Dims stride = {1, 1};
  Dims before = {0, 0};  // padding
  Dims after = {0, 0};
  Dims dilation = {1, 1};
};

void register_convolution(OperatorTable& table);
void register_pooling(OperatorTable& table);

}  // namespace henson::runtime
