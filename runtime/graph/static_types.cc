#include "runtime/graph/static_types.h"

namespace henson::runtime {

Fact graph_fact(const Graph& graph, ValueId id) {
  const GraphValue& value = graph.values[id];
  Fact fact = value.constant ? fact_of(*value.constant) : Fact();
  if (fact.kind != TypeKind::kNone) fact.kind = value.type.kind;
  if (value.dtype) fact.dtype = value.dtype;
  fact.floating = fact.dtype ? is_floating(*fact.dtype) : value.floating;
  fact.id = id;
  return fact;
}

Fact with_types(Fact known, const Graph& graph, ValueId id) {
  const GraphValue& value = graph.values[id];
  known.kind = value.type.kind;
  if (value.constant && value.constant->is_none()) known.kind = TypeKind::kNone;
  if (value.dtype) known.dtype = value.dtype;
  if (value.floating) known.floating = value.floating;
  known.id = id;
  return known;
}

std::vector<Fact> infer_dtypes_of(const Graph& graph, const Operator& op,
                                  const std::vector<ValueId>& inputs) {
  std::vector<Fact> arguments;
  for (const ValueId id : inputs) arguments.push_back(graph_fact(graph, id));
  std::vector<Fact> results(op.schema.results.size());
  infer(op, arguments, results, nullptr);
  return results;
}

std::optional<Value> static_result(const Graph& graph, const Operator& op,
                                   const std::vector<ValueId>& inputs) {
  if (op.rule.dtype == nullptr || op.schema.results.size() != 1) return std::nullopt;
  const Fact answer = infer_dtypes_of(graph, op, inputs)[0];
  if (answer.constant != nullptr) return *answer.constant;
  const auto number = answer.number ? answer.number->literal() : std::nullopt;
  if (!number) return std::nullopt;
  const TypeKind kind = op.schema.results[0].kind;
  if (kind == TypeKind::kBool) return *number != 0;
  return kind == TypeKind::kInt ? std::optional<Value>(*number) : std::nullopt;
}

Type element_type(const Graph& graph, const std::vector<ValueId>& inputs) {
  for (const ValueId id : inputs) {
    const Type& type = graph.values[id].type;
    if (type.kind == TypeKind::kList || type.kind == TypeKind::kDict) return type.elements[0];
  }
  return {};
}

}  // namespace henson::runtime
