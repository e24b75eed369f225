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
Normalized layer_norm(Allocator& memory, const Tensor& input, const Dims& normalized,
                      const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                      double eps);

/// The first result has the type of the input, the others, statistics, that of the weight where
/// there is one.
template <std::size_t kWeight>
void normalized_types(Inference& call) {
  dtypes::same<0>(call);
  Fact kept;
  const Fact& weight = call.arg(kWeight);
  if (call.is_none(kWeight)) kept = dtypes::type_of(call.arg(0));
  if (weight.kind == TypeKind::kTensor) kept = dtypes::type_of(weight);
  kept.floating = true;
  for (std::size_t i = 1; i < call.result_count(); ++i) {
    call.result(i).dtype = kept.dtype;
    call.result(i).floating = kept.floating;
  }
}

void register_batch_norm(OperatorTable& table);
void register_dropout(OperatorTable& table);
void register_weight_norm(OperatorTable& table);

}  // namespace henson::runtime
