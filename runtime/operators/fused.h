// Operators that no archive names: what the passes make of several nodes. Each means what the nodes
// meant that it replaced, up to the order of rounding.
//
// activation: one of "none", "relu", "gelu" (erf), "gelu_tanh", "tanh", "sigmoid", "silu",
// "gelu_quick" (x * sigmoid(1.702 x)). A norm is a layer norm over the last dimension; without
// norm_eps there is none.
#pragma once

#include <optional>
#include <string>

#include "runtime/operators/operator.h"

namespace henson::runtime {

struct Norm {
  std::optional<Tensor> weight;
  std::optional<Tensor> bias;
  std::optional<double> eps;  // nothing: no norm
};

/// Throws henson::Error (kInternal) for a name that is none of the above.
Tensor activate(Allocator& memory, const Tensor& x, const std::string& activation);
Tensor normalize(Allocator& memory, const Tensor& x, const Norm& norm);

/// henson::attention: scores = scale * query · keyᵀ + bias; where `fill` is true the score becomes
/// fill_value; softmax over keys; times value. query, key and value: [B, L, heads * D] or
/// [B, heads, L, D], each by itself.
struct FusedAttention {
  std::int64_t heads = 0;
  double scale = 1;
  std::optional<Tensor> bias;  // broadcasts to [B, heads, Lq, Lk], as `fill` does
  std::optional<Tensor> fill;
  double fill_value = 0;
  bool safe = false;      // a row of scores that are all -inf gives zeros instead of NaN
  bool merged = false;    // the result is [B, Lq, heads * D], else [B, heads, Lq, D]
  bool as_query = false;  // a mask of more sequences or rows than the query has is refused
};
struct FusedAttentionResult {
  Tensor output;
  Tensor weights;  // [B, heads, Lq, Lk]
};
FusedAttentionResult fused_attention(Allocator& memory, const Tensor& query, const Tensor& key,
                                     const Tensor& value, const FusedAttention& options);

}  // namespace henson::runtime
