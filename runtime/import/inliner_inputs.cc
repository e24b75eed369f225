#include "henson/error.h"
#include "runtime/import/inliner.h"
#include "runtime/import/types.h"

namespace henson::runtime {
namespace {

using script::Expr;
using script::ExprKind;
using Kind = loader::Budget::Kind;

bool is_leaf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTensor:
    case TypeKind::kInt:
    case TypeKind::kFloat:
    case TypeKind::kBool:
    case TypeKind::kNumber:
      return true;
    default:
      return false;
  }
}

/// The argument of Optional[T], else the annotation itself.
const Expr& without_optional(const Expr& annotation) {
  const bool optional =
      annotation.kind == ExprKind::kSubscript && dotted_name(*annotation.children[0]) == "Optional";
  return optional ? *annotation.children[1] : annotation;
}

}  // namespace

Term Inliner::make_leaf(Type type, const std::string& path, const std::string& name) {
  if (!budget_.spend(Kind::kInputs, 1)) {
    throw Error(ErrorCode::kUnsupported,
                "the input " + name + ": " + budget_.refusal(Kind::kInputs));
  }
  const ValueId id = graph_.add_value({std::move(type), name, std::nullopt, std::nullopt});
  graph_.inputs.push_back({path, name, id});
  return id;
}

Term Inliner::make_input(const Expr* annotation, const std::string& path, const std::string& name,
                         const Frame& frame) {
  const Level level(*this, frame);
  if (annotation == nullptr) return make_leaf({TypeKind::kTensor, {}}, path, name);
  const Expr& written = without_optional(*annotation);
  const Type type = type_of_annotation(written);
  if (is_leaf(type)) return make_leaf(type, path, name);
  if (type.kind == TypeKind::kDict || type.kind == TypeKind::kList) {
    if (!is_leaf(type.elements[0])) {
      throw Error(ErrorCode::kUnsupported,
                  "the input " + name + " is a container of containers, which is not supported");
    }
    return std::make_shared<OpenInput>(
        OpenInput{path, name, type.kind == TypeKind::kDict, type.elements[0], {}});
  }
  std::vector<Term> items;
  if (type.kind == TypeKind::kTuple) {
    const Expr& inside = *written.children[1];
    const bool several = inside.kind == ExprKind::kTuple;
    for (std::size_t i = 0; i < (several ? inside.children.size() : 1); ++i) {
      const std::string part = "." + std::to_string(i);
      items.push_back(make_input(several ? inside.children[i].get() : &inside, path + part,
                                 name + part, frame));
    }
    return make_tuple(std::move(items), frame);
  }
  const auto named = archive_.classes.find(dotted_name(written));
  if (named != archive_.classes.end() && named->second.base == "NamedTuple") {
    std::vector<std::string> names;
    for (const auto& [field, field_type] : named->second.attributes) {
      const std::string part = "." + std::to_string(items.size());
      items.push_back(make_input(field_type.get(), path + part, name + "." + field, frame));
      names.push_back(field);
    }
    return make_tuple(std::move(items), frame, std::move(names));
  }
  throw Error(ErrorCode::kUnsupported,
              "the input " + name + " is neither a tensor nor a tuple, list or dict of tensors");
}

Term Inliner::part_of(OpenInput& input, std::string key) {
  const auto known = input.parts.find(key);
  if (known != input.parts.end()) return known->second;
  const Term part = make_leaf(input.element, input.path + "." + key, input.name + "." + key);
  input.parts.emplace(std::move(key), part);
  return part;
}

OutputShape Inliner::output_of(const Term& term, Frame& frame) {
  spend(Kind::kOutputs, 1, frame);
  OutputShape shape;
  const auto add_all = [&](OutputShape::Kind kind, const std::vector<Term>& items) {
    shape.kind = kind;
    for (const Term& item : items) shape.items.push_back(output_of(item, frame));
  };
  if (const auto* tuple = term.get<std::shared_ptr<TupleTerm>>()) {
    add_all(OutputShape::Kind::kTuple, (*tuple)->items);
  } else if (const auto* list = term.get<std::shared_ptr<ListTerm>>()) {
    add_all(OutputShape::Kind::kList, (*list)->items);
  } else if (const auto* dict = term.get<std::shared_ptr<DictTerm>>()) {
    shape.kind = OutputShape::Kind::kDict;
    for (const auto& [key, item] : (*dict)->items) {
      shape.keys.push_back(key);
      shape.items.push_back(output_of(item, frame));
    }
  } else {
    shape.value = value_of(term, frame);
  }
  return shape;
}

}  // namespace henson::runtime
