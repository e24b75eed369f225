// Normalizations over rows and channels.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// torch.layer_norm over the last `normalized` dimensions, with the statistics that
/// native_layer_norm returns.
struct Normalized {
  Tensor output;
  Tensor mean;  // [leading dimensions…, 1…]
  Tensor rstd;  // 1 / sqrt(variance + eps)
};
Normalized layer_norm(const Tensor& input, const Dims& normalized,
                      const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                      double eps);

void register_batch_norm(OperatorTable& table);
void register_dropout(OperatorTable& table);
void register_weight_norm(OperatorTable& table);

}  // namespace henson::runtime
