// What is known of results before anything runs: dtypes of tensors, and answers that follow from
// them. All of it by the operators' rules.
#pragma once

#include <optional>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/operators/inference.h"

namespace henson::runtime {

/// What the graph itself says of a value: its type, its dtype, its constant.
Fact graph_fact(const Graph& graph, ValueId id);

/// What is known of a value, with its type and dtype as the graph says them.
Fact with_types(Fact known, const Graph& graph, ValueId id);

/// The dtypes of op(inputs), a fact a result; of sizes nothing.
std::vector<Fact> infer_dtypes_of(const Graph& graph, const Operator& op,
                                  const std::vector<ValueId>& inputs);

/// The answer of a question about types and places (is_floating_point, prim::dtype, is_cuda, …),
/// where the operator's rule tells it before anything runs.
std::optional<Value> static_result(const Graph& graph, const Operator& op,
                                   const std::vector<ValueId>& inputs);

/// The type of the items of the first list or dict among the inputs, of which an operator returns
/// one.
Type element_type(const Graph& graph, const std::vector<ValueId>& inputs);

}  // namespace henson::runtime
