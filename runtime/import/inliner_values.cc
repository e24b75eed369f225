#include <algorithm>

#include "henson/error.h"
#include "runtime/import/inliner.h"

namespace henson::runtime {
namespace {

using Kind = loader::Budget::Kind;

/// How many types a type is made of, itself left out.
std::uint64_t parts_of(const Type& type) {
  std::uint64_t parts = type.elements.size();
  for (const Type& element : type.elements) parts += parts_of(element);
  return parts;
}

}  // namespace

script::SourceLine Inliner::here(const Frame& frame) const {
  return {frame.function->entry, frame.line};
}

void Inliner::fail(const Frame& frame, const std::string& message) const {
  throw_at(here(frame), ErrorCode::kUnsupported, message);
}

void Inliner::count_node(Frame& frame) { spend(Kind::kGraphNodes, 1, frame); }

Term Inliner::constant(Value value, std::string name) {
  Type type = type_of(value);
  return graph_.add_constant(std::move(value), std::move(type), std::move(name));
}

const Value* Inliner::constant_value(const Term& term) const {
  const auto* id = term.get<ValueId>();
  if (id == nullptr || !graph_.values[*id].constant) return nullptr;
  return &*graph_.values[*id].constant;
}

Type Inliner::type_of_term(const Term& term, const Frame& frame) {
  if (const auto* id = term.get<ValueId>()) {
    spend(Kind::kItems, parts_of(graph_.values[*id].type), frame);
    return graph_.values[*id].type;
  }
  if (const auto* tuple = term.get<std::shared_ptr<TupleTerm>>()) {
    Type type{TypeKind::kTuple, {}};
    spend(Kind::kItems, (*tuple)->items.size(), frame);
    for (const Term& item : (*tuple)->items) type.elements.push_back(type_of_term(item, frame));
    return type;
  }
  if (const auto* list = term.get<std::shared_ptr<ListTerm>>()) {
    const std::vector<Term>& items = (*list)->items;
    if (items.empty()) return Type::list((*list)->element.value_or(Type{}));
    // Elements of several types: described one by one, and matched one by one.
    spend(Kind::kItems, items.size(), frame);
    Type type{TypeKind::kTuple, {}};
    for (const Term& item : items) type.elements.push_back(type_of_term(item, frame));
    const bool uniform = std::all_of(type.elements.begin(), type.elements.end(),
                                     [&](const Type& t) { return t == type.elements[0]; });
    return uniform ? Type::list(type.elements[0]) : type;
  }
  if (const auto* dict = term.get<std::shared_ptr<DictTerm>>()) {
    return {TypeKind::kDict,
            {(*dict)->items.empty() ? Type{} : type_of_term((*dict)->items.front().second, frame)}};
  }
  if (const auto* open = term.get<std::shared_ptr<OpenInput>>()) {
    return (*open)->dict ? Type{TypeKind::kDict, {(*open)->element}} : Type::list((*open)->element);
  }
  return {};
}

ValueId Inliner::add_node(NodeKind kind, std::vector<ValueId> inputs, Type type, Frame& frame) {
  const ValueId result = graph_.add_value({std::move(type), {}, std::nullopt, std::nullopt});
  note_nesting(result, inputs, true, frame);
  graph_.nodes.push_back({kind, nullptr, std::move(inputs), {result}, here(frame)});
  count_node(frame);
  return result;
}

ValueId Inliner::list_value(const ListTerm& list, Frame& frame) {
  spend(Kind::kItems, list.items.size(), frame);
  std::vector<ValueId> ids;
  bool known = true;
  for (const Term& item : list.items) {
    ids.push_back(value_of(item, frame));
    known = known && graph_.values[ids.back()].constant.has_value();
  }
  Type type = type_of_term(std::make_shared<ListTerm>(list), frame);
  if (type.kind == TypeKind::kTuple) type = Type::list({});
  if (!known) {
    const GraphValue first = graph_.values[ids.front()];
    const bool alike = std::all_of(ids.begin(), ids.end(), [&](ValueId id) {
      return graph_.values[id].dtype == first.dtype && graph_.values[id].floating == first.floating;
    });
    const ValueId made = add_node(NodeKind::kList, std::move(ids), std::move(type), frame);
    if (alike) {
      graph_.values[made].dtype = first.dtype;
      graph_.values[made].floating = first.floating;
    }
    return made;
  }
  std::vector<Value> items;
  for (const ValueId id : ids) items.push_back(*graph_.values[id].constant);
  const ValueId made = graph_.add_constant(Value::list(std::move(items)), std::move(type));
  note_nesting(made, ids, true, frame);
  return made;
}

ValueId Inliner::value_of(const Term& term, Frame& frame) {
  if (const auto* id = term.get<ValueId>()) return *id;
  if (const auto* list = term.get<std::shared_ptr<ListTerm>>()) return list_value(**list, frame);
  if (const auto* tuple = term.get<std::shared_ptr<TupleTerm>>()) {
    spend(Kind::kItems, (*tuple)->items.size(), frame);
    std::vector<ValueId> ids;
    for (const Term& item : (*tuple)->items) ids.push_back(value_of(item, frame));
    return add_node(NodeKind::kTuple, std::move(ids), type_of_term(term, frame), frame);
  }
  if (const auto* module = term.get<ModuleTerm>()) {
    fail(frame, "the module " + module->path + " is used as a value");
  }
  if (term.get<std::shared_ptr<OpenInput>>() != nullptr) {
    fail(frame, "a dict or list of the input is used whole; take its tensors by key or position");
  }
  if (term.get<std::shared_ptr<DictTerm>>() != nullptr) {
    fail(frame, "a dict is used as an operator's argument");
  }
  fail(frame, "a value is used that the code never sets");
}

}  // namespace henson::runtime
