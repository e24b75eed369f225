// Sums of products over named dimensions: what einsum, tensordot and bilinear are made of.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operators/operator.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// A tensor whose dimensions have names: equal labels are one index.
struct Labelled {
  Tensor tensor;
  std::vector<int> labels;  // of each dimension; no label twice
};

/// Sums a · b over the labels that `kept` does not list. Dimensions of the result: those of both
/// operands, then those of `a` alone, then those of `b` alone, each in the order of their operand.
/// Rounded to the operands' dtype.
Labelled contract(Allocator& memory, Labelled a, Labelled b, std::span<const int> kept);

/// torch.einsum. `path` lists pairs of operands to contract, as opt_einsum gives them; without one
/// it goes from left to right. Throws henson::Error (kBadInput) for a malformed equation.
Tensor einsum(Allocator& memory, std::string_view equation, std::vector<Tensor> operands,
              const std::optional<Dims>& path);

/// The sizes of an einsum, as its equation tells.
void einsum_sizes(Inference& call);

void register_contractions(OperatorTable& table);

}  // namespace henson::runtime
