// How far two answers are apart, and whether rounding alone could have made them so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/tensor/tensor.h"
#include "runtime/tensor/value.h"

namespace henson::runtime::test {

/// max|a - b| / max(1, max|b|); infinite when shapes, types or NaNs differ.
double largest_difference(const Tensor& a, const Tensor& b);

/// Results, or that the inputs were refused.
using Answer = std::optional<std::vector<Value>>;

Answer interpret(const Graph& graph, const std::vector<Value>& inputs);

/// Empty when there is none but what another order of sums, or rounding once instead of twice, may
/// make. What the interpreter refuses may be answered: nothing may read what it stumbled over.
std::string difference(const Answer& got, const Answer& wanted);

/// Whether last digits or the sign of a zero decide the answer: nothing can be compared then.
bool is_ill_conditioned(Graph graph, std::vector<Value> inputs, const Answer& wanted);

}  // namespace henson::runtime::test
