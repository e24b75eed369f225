// What is known of results before anything runs: dtypes of tensors, and answers that follow from
// them.
#pragma once

#include <optional>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// The dtype of each result of op(inputs) that is a tensor (or a list of them), where it is known.
std::vector<std::optional<DType>> result_dtypes(const Graph& graph, const Operator& op,
                                                const std::vector<ValueId>& inputs);

/// Whether op's first result is of a floating type, where that is known.
std::optional<bool> result_floating(const Graph& graph, const Operator& op,
                                    const std::vector<ValueId>& inputs);

/// The answer of a question about types (is_floating_point, prim::dtype, is_cuda, …) when it is
/// known.
std::optional<Value> static_result(const Graph& graph, const Operator& op,
                                   const std::vector<ValueId>& inputs);

/// The type of the items of the first list or dict among the inputs, of which an operator returns
/// one.
Type element_type(const Graph& graph, const std::vector<ValueId>& inputs);

}  // namespace henson::runtime
