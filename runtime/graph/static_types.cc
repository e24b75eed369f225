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
  const std::string& name = op.schema.name;
  if (name == "prim::is_cuda" || name == "aten::is_cuda" || name == "prim::is_mkldnn") return false;
  if (inputs.size() != 1) return std::nullopt;
  const std::optional<DType> dtype = graph.values[inputs[0]].dtype;
  if (name == "aten::is_floating_point") {
    const std::optional<bool> floating =
        dtype ? std::optional(is_floating(*dtype)) : graph.values[inputs[0]].floating;
    return floating ? std::optional<Value>(*floating) : std::nullopt;
  }
  if (!dtype) return std::nullopt;
  if (name == "aten::is_complex") return false;
  if (name == "prim::dtype") return static_cast<std::int64_t>(*dtype);
  return std::nullopt;
}

Type element_type(const Graph& graph, const std::vector<ValueId>& inputs) {
  for (const ValueId id : inputs) {
    const Type& type = graph.values[id].type;
    if (type.kind == TypeKind::kList || type.kind == TypeKind::kDict) return type.elements[0];
  }
  return {};
}

}  // namespace henson::runtime
