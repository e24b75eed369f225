#include "runtime/graph/graph.h"

#include <algorithm>

namespace henson::runtime {
namespace {

void collect_leaves(const OutputShape& output, std::vector<ValueId>& leaves) {
  if (output.kind == OutputShape::Kind::kLeaf) leaves.push_back(output.value);
  for (const OutputShape& item : output.items) collect_leaves(item, leaves);
}

}  // namespace

std::vector<ValueId> leaves_of(const OutputShape& output) {
  std::vector<ValueId> leaves;
  collect_leaves(output, leaves);
  return leaves;
}

ValueId Graph::add_value(GraphValue value) {
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_constant(Value value, Type type, std::string name) {
  GraphValue added{std::move(type), std::move(name), std::move(value), std::nullopt};
  if (const auto* tensor = std::get_if<Tensor>(&*added.constant)) added.dtype = tensor->dtype();
  return add_value(std::move(added));
}

Type type_of(const Value& value) {
  struct Visitor {
    Type operator()(None) const { return {TypeKind::kNone, {}}; }
    Type operator()(const Tensor&) const { return {TypeKind::kTensor, {}}; }
    Type operator()(std::int64_t) const { return {TypeKind::kInt, {}}; }
    Type operator()(double) const { return {TypeKind::kFloat, {}}; }
    Type operator()(bool) const { return {TypeKind::kBool, {}}; }
    Type operator()(const std::string&) const { return {TypeKind::kString, {}}; }
    Type operator()(const Device&) const { return {TypeKind::kDevice, {}}; }
    Type operator()(const std::shared_ptr<ListValue>& list) const {
      return Type::list(list->items.empty() ? Type{} : type_of(list->items.front()));
    }
    Type operator()(const std::shared_ptr<TupleValue>& tuple) const {
      Type type{TypeKind::kTuple, {}};
      for (const Value& item : tuple->items) type.elements.push_back(type_of(item));
      return type;
    }
    Type operator()(const std::shared_ptr<DictValue>& dict) const {
      return {TypeKind::kDict,
              {dict->items.empty() ? Type{} : type_of(dict->items.front().second)}};
    }
    Type operator()(const std::shared_ptr<const PackedLinear>&) const {
      return {TypeKind::kPackedLinear, {}};
    }
  };
  return std::visit(Visitor{}, static_cast<const Value::variant&>(value));
}

std::string describe(const GraphInput& input) {
  return "input " + input.path + " (" + input.name + ")";
}

std::string to_string(const script::SourceLine& where) {
  return (where.entry ? *where.entry : std::string()) + ":" + std::to_string(where.line);
}

void throw_at(const script::SourceLine& where, ErrorCode code, const std::string& message) {
  ErrorPlace place;
  if (where.entry) place.entry = *where.entry;
  if (where.line != 0) place.line = where.line;
  throw Error(code, message, std::move(place));
}

bool writes(const Node& node) {
  if (node.kind != NodeKind::kOperator) return false;
  return std::any_of(node.op->schema.arguments.begin(), node.op->schema.arguments.end(),
                     [](const Argument& argument) { return argument.alias.write; });
}

}  // namespace henson::runtime
