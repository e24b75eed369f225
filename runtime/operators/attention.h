// Scaled dot product attention, and the layers that PyTorch's traces call as one operator.
#pragma once

#include <optional>

#include "runtime/operators/operator.h"

namespace henson::runtime {

struct AttentionOptions {
  std::optional<Tensor> mask;  // bool: true takes part; floating: added to the scores
  bool causal = false;
  std::optional<double> scale;  // 1 / sqrt(E) when absent
  bool grouped_heads = false;   // fewer heads of keys than of queries
  /// Whether the weights of attention are rounded to the operands' type before they meet the
  /// values, as PyTorch's fused CPU kernel does.
  bool round_weights = true;
};

struct AttentionResult {
  Tensor output;       // [..., L, Ev]
  Tensor weights;      // [..., L, S]
  Tensor log_sum_exp;  // [..., L], float32 or float64
};

/// query [..., L, E], key [..., S, E], value [..., S, Ev]; leading dimensions broadcast. A row of
/// scores that is masked throughout gives zeros.
AttentionResult attention(Allocator& memory, const Tensor& query, const Tensor& key,
                          const Tensor& value, const AttentionOptions& options);

void register_encoder_layer(OperatorTable& table);

}  // namespace henson::runtime
