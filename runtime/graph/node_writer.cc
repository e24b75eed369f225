#include "runtime/graph/node_writer.h"

#include "loader/limits.h"
#include "runtime/graph/overloads.h"
#include "runtime/graph/static_types.h"

namespace henson::runtime {

ValueId NodeWriter::call(const std::string& name, const std::vector<ValueId>& inputs,
                         const script::SourceLine& where) {
  CallTypes types;
  for (const ValueId id : inputs) types.positional.push_back(graph_.values[id].type);
  const std::optional<Match> match = match_overload(name, types, limits::kMaxVersion);
  if (!match) throw Error(ErrorCode::kInternal, "no operator " + name + to_string(types));
  const Schema& schema = match->op->schema;
  Node node{NodeKind::kOperator, match->op, {}, {}, where};
  for (std::size_t i = 0; i < schema.arguments.size(); ++i) {
    const std::optional<std::size_t> source = match->sources[i];
    const std::optional<Value>& value = schema.arguments[i].default_value;
    node.inputs.push_back(source ? inputs[*source] : graph_.add_constant(*value, type_of(*value)));
  }
  const Fact result = infer_dtypes_of(graph_, *node.op, node.inputs)[0];
  node.outputs.push_back(
      graph_.add_value({schema.results[0], {}, std::nullopt, result.dtype, result.floating}));
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs[0];
}

ValueId NodeWriter::list(std::vector<ValueId> items, const script::SourceLine& where) {
  const ValueId made =
      graph_.add_value({Type::list({TypeKind::kInt, {}}), {}, std::nullopt, std::nullopt});
  nodes_.push_back({NodeKind::kList, nullptr, std::move(items), {made}, where});
  return made;
}

}  // namespace henson::runtime
