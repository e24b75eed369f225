#include <algorithm>
#include <charconv>

#include "henson/error.h"
#include "runtime/import/inliner.h"
#include "runtime/import/types.h"

namespace henson::runtime {
namespace {

using script::Expr;
using script::ExprKind;
using Kind = loader::Budget::Kind;

std::string operator_of(const std::string& symbol) {
  static const std::map<std::string, std::string> kOperators = {
      {"+", "aten::add"},     {"-", "aten::sub"},       {"*", "aten::mul"},
      {"/", "aten::div"},     {"//", "aten::floordiv"}, {"%", "aten::remainder"},
      {"**", "aten::pow"},    {"==", "aten::eq"},       {"!=", "aten::ne"},
      {"<", "aten::lt"},      {"<=", "aten::le"},       {">", "aten::gt"},
      {">=", "aten::ge"},     {"&", "aten::__and__"},   {"|", "aten::__or__"},
      {"^", "aten::__xor__"}, {"is", "aten::__is__"},   {"is not", "aten::__isnot__"},
      {"@", "aten::matmul"},  {"not", "aten::__not__"}, {"in", "aten::__contains__"},
  };
  const auto found = kOperators.find(symbol);
  return found == kOperators.end() ? std::string() : found->second;
}

/// The position that `key` means among `count` items, or nothing.
std::optional<std::size_t> position(std::int64_t key, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  if (key < -size || key >= size) return std::nullopt;
  return static_cast<std::size_t>(key < 0 ? key + size : key);
}

}  // namespace

Term Inliner::evaluate(const Expr& expr, Frame& frame) {
  const Level level(*this, frame);
  switch (expr.kind) {
    case ExprKind::kName:
      return evaluate_name(expr, frame);
    case ExprKind::kAttribute:
      return evaluate_attribute(expr, frame);
    case ExprKind::kSubscript:
      return evaluate_subscript(expr, frame);
    case ExprKind::kCall:
      return evaluate_call(expr, frame);
    case ExprKind::kTuple:
    case ExprKind::kList: {
      std::vector<Term> items;
      for (const auto& child : expr.children) items.push_back(evaluate(*child, frame));
      return expr.kind == ExprKind::kTuple ? make_tuple(std::move(items), frame)
                                           : make_list(std::move(items), frame);
    }
    case ExprKind::kDict:
      return evaluate_dict(expr, frame);
    case ExprKind::kInt:
      return constant(expr.integer);
    case ExprKind::kFloat:
      return constant(expr.number);
    case ExprKind::kString:
      spend(Kind::kStringBytes, expr.text.size(), frame);
      return constant(expr.text);
    case ExprKind::kBool:
      return constant(expr.integer != 0);
    case ExprKind::kNone:
      return constant(None{});
    case ExprKind::kTernary:
      return evaluate(*expr.children[condition(*expr.children[0], frame) ? 1 : 2], frame);
    case ExprKind::kUnary:
    case ExprKind::kBinary: {
      std::string name = operator_of(expr.text);
      if (expr.kind == ExprKind::kUnary && expr.text == "-") name = "aten::neg";
      if (expr.kind == ExprKind::kUnary && expr.text == "~") name = "aten::bitwise_not";
      if (name.empty()) fail(frame, "the operator `" + expr.text + "` is not supported");
      Arguments arguments;
      for (const auto& child : expr.children) {
        arguments.positional.push_back(evaluate(*child, frame));
      }
      return call_operator(name, std::move(arguments), frame);
    }
    case ExprKind::kSlice:
    case ExprKind::kEllipsis:
    case ExprKind::kComplex:
      break;
  }
  fail(frame, "an expression of this kind is not supported");
}

Term Inliner::evaluate_name(const Expr& expr, Frame& frame) {
  const auto found = frame.names.find(expr.text);
  if (found == frame.names.end()) fail(frame, "the name `" + expr.text + "` is not defined");
  return found->second;
}

Term Inliner::evaluate_attribute(const Expr& expr, Frame& frame) {
  const Expr& base = *expr.children[0];
  if (base.kind == ExprKind::kName && base.text == "CONSTANTS") {
    return constant_of_archive(expr.text, frame);
  }
  const std::string dotted = dotted_name(expr);
  spend(Kind::kStringBytes, dotted.size(), frame);
  if (const auto function = archive_.functions.find(dotted); function != archive_.functions.end()) {
    return FunctionTerm{&function->second};
  }
  const Term term = evaluate(base, frame);
  if (const auto* module = term.get<ModuleTerm>()) return attribute_of(*module, expr.text, frame);
  if (const auto* tuple = term.get<std::shared_ptr<TupleTerm>>()) {
    const auto& names = (*tuple)->names;
    spend(Kind::kItems, names.size(), frame);
    const auto found = std::find(names.begin(), names.end(), expr.text);
    if (found != names.end()) {
      return (*tuple)->items[static_cast<std::size_t>(found - names.begin())];
    }
  }
  fail(frame, "the attribute `" + expr.text + "` is not known");
}

Term Inliner::attribute_of(const ModuleTerm& module, const std::string& name, Frame& frame) {
  restore_state(module, frame);
  const auto assigned = assigned_.find({module.object.get(), name});
  if (assigned != assigned_.end()) return assigned->second;
  const std::string path = module.path.empty() ? name : module.path + "." + name;
  spend(Kind::kStringBytes, path.size(), frame);
  if (const loader::Value* const value = find_attribute(*module.object, name)) {
    return from_archive(*value, path, frame);
  }
  const auto of_class = archive_.classes.find(module.object->class_name);
  if (of_class != archive_.classes.end()) {
    spend(Kind::kItems, of_class->second.values.size(), frame);
    for (const auto& [key, value] : of_class->second.values) {
      if (key == name && value != nullptr) return evaluate(*value, frame);
    }
  }
  fail(frame, "the archive's module has no attribute `" + path + "`");
}

/// A module that was saved as a state of its own making: its __setstate__ sets the attributes.
void Inliner::restore_state(const ModuleTerm& module, Frame& frame) {
  if (!module.object->state || !restored_.insert(module.object.get()).second) return;
  const script::Function* const restore = find_method(module.object->class_name, "__setstate__");
  if (restore == nullptr) return;
  Arguments arguments;
  arguments.positional.emplace_back(module);
  arguments.positional.push_back(from_archive(*module.object->state, module.path, frame));
  call_function(*restore, std::move(arguments), &frame);
}

Term Inliner::constant_of_archive(const std::string& name, Frame& frame) {
  std::size_t index = 0;
  const char* const end = name.data() + name.size();
  const bool numbered =
      name.size() > 1 && name[0] == 'c' && std::from_chars(name.data() + 1, end, index).ptr == end;
  if (!numbered || index >= archive_.constants.size()) {
    fail(frame, "the archive has no constant CONSTANTS." + name);
  }
  return from_archive(archive_.constants[index], "CONSTANTS." + name, frame);
}

Term Inliner::from_archive(const loader::Value& value, const std::string& name, Frame& frame) {
  if (std::holds_alternative<loader::None>(value)) return constant(None{});
  if (const auto* flag = std::get_if<bool>(&value)) return constant(*flag, name);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return constant(*integer, name);
  if (const auto* number = std::get_if<double>(&value)) return constant(*number, name);
  if (const auto* text = std::get_if<std::string>(&value)) {
    spend(Kind::kStringBytes, text->size(), frame);
    return constant(*text, name);
  }
  if (const auto* tensor = std::get_if<std::shared_ptr<loader::StoredTensor>>(&value)) {
    const auto known = weights_.find(tensor->get());
    if (known != weights_.end()) return known->second;
    const Term term = constant(views_.tensor(*tensor), name);
    weights_.emplace(tensor->get(), *term.get<ValueId>());
    return term;
  }
  if (const auto* object = std::get_if<std::shared_ptr<loader::Object>>(&value)) {
    const auto known = packed_.find(object->get());
    if (known != packed_.end()) return known->second;
    if (auto packed = packed_linear(**object, views_)) {
      const Term term = constant(std::move(packed), name);
      packed_.emplace(object->get(), *term.get<ValueId>());
      return term;
    }
    if (auto table = packed_embedding(**object, views_)) {
      const Term term = constant(std::move(*table), name);
      packed_.emplace(object->get(), *term.get<ValueId>());
      return term;
    }
    return ModuleTerm{*object, name};
  }
  return container_of_archive(value, name, frame);
}

/// A tuple, list or dict of the archive.
Term Inliner::container_of_archive(const loader::Value& value, const std::string& name,
                                   Frame& frame) {
  const void* const key = std::visit(
      [](const auto& held) -> const void* {
        if constexpr (requires { held.get(); }) return held.get();
        return nullptr;
      },
      static_cast<const loader::Value::variant&>(value));
  if (const auto known = containers_.find(key); known != containers_.end()) return known->second;
  const auto items_of = [&](const std::vector<loader::Value>& items) {
    std::vector<Term> terms;
    for (std::size_t i = 0; i < items.size(); ++i) {
      spend(Kind::kStringBytes, name.size(), frame);
      terms.push_back(from_archive(items[i], name + "." + std::to_string(i), frame));
    }
    return terms;
  };
  if (const auto* list = std::get_if<std::shared_ptr<loader::List>>(&value)) {
    return containers_.emplace(key, make_list(items_of((*list)->items), frame)).first->second;
  }
  if (const auto* tuple = std::get_if<std::shared_ptr<loader::Tuple>>(&value)) {
    return containers_.emplace(key, make_tuple(items_of((*tuple)->items), frame)).first->second;
  }
  std::vector<std::pair<std::string, Term>> dict;
  for (const auto& [held, item] : std::get<std::shared_ptr<loader::Dict>>(value)->items) {
    const auto* text = std::get_if<std::string>(&held);
    if (text == nullptr) fail(frame, "a dict with keys that are no strings (" + name + ")");
    spend(Kind::kStringBytes, text->size() + name.size(), frame);
    dict.emplace_back(*text, from_archive(item, name + "." + *text, frame));
  }
  return containers_.emplace(key, make_dict(std::move(dict), frame)).first->second;
}

Term Inliner::evaluate_dict(const Expr& expr, Frame& frame) {
  std::vector<std::pair<std::string, Term>> dict;
  for (std::size_t i = 0; i + 1 < expr.children.size(); i += 2) {
    const Term key = evaluate(*expr.children[i], frame);
    const Value* const known = constant_value(key);
    const auto* text = known == nullptr ? nullptr : std::get_if<std::string>(known);
    if (text == nullptr) fail(frame, "a dict with keys that are no strings");
    std::string name = *text;
    dict.emplace_back(std::move(name), evaluate(*expr.children[i + 1], frame));
  }
  return make_dict(std::move(dict), frame);
}

Term Inliner::evaluate_subscript(const Expr& expr, Frame& frame) {
  const Term base = evaluate(*expr.children[0], frame);
  const Expr& key = *expr.children[1];
  if (key.kind != ExprKind::kSlice) return item_of(base, evaluate(key, frame), frame);
  const auto* tuple = base.get<std::shared_ptr<TupleTerm>>();
  const auto* list = base.get<std::shared_ptr<ListTerm>>();
  if (tuple == nullptr && list == nullptr) fail(frame, "a slice of what is no list or tuple");
  const std::vector<Term>& items = tuple != nullptr ? (*tuple)->items : (*list)->items;
  const auto bound = [&](const Expr& written, std::size_t missing) {
    if (written.kind == ExprKind::kNone) return missing;
    const Term term = evaluate(written, frame);
    const Value* const known = constant_value(term);
    const auto* integer = known == nullptr ? nullptr : std::get_if<std::int64_t>(known);
    if (integer == nullptr) fail(frame, "a slice with bounds that depend on the data");
    const auto size = static_cast<std::int64_t>(items.size());
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(*integer < 0 ? *integer + size : *integer, 0, size));
  };
  const std::size_t first = bound(*key.children[0], 0);
  const std::size_t last = std::max(first, bound(*key.children[1], items.size()));
  if (key.children[2]->kind != ExprKind::kNone) fail(frame, "a slice of a list with a step");
  std::vector<Term> part(items.begin() + static_cast<std::ptrdiff_t>(first),
                         items.begin() + static_cast<std::ptrdiff_t>(last));
  return tuple != nullptr ? make_tuple(std::move(part), frame) : make_list(std::move(part), frame);
}

Term Inliner::item_of(const Term& base, const Term& key, Frame& frame) {
  const Value* const known = constant_value(key);
  const auto* text = known == nullptr ? nullptr : std::get_if<std::string>(known);
  const auto* integer = known == nullptr ? nullptr : std::get_if<std::int64_t>(known);
  if (const auto* open = base.get<std::shared_ptr<OpenInput>>()) {
    if ((*open)->dict && text != nullptr) return part_of(**open, *text);
    if (!(*open)->dict && integer != nullptr && *integer >= 0) {
      return part_of(**open, std::to_string(*integer));
    }
    fail(frame, "an item of the input `" + (*open)->name + "` whose key depends on the data");
  }
  if (const auto* dict = base.get<std::shared_ptr<DictTerm>>()) {
    spend(Kind::kItems, (*dict)->items.size(), frame);
    for (const auto& [name, item] : (*dict)->items) {
      if (text != nullptr && name == *text) return item;
    }
    fail(frame, "a key that the dict does not hold, or that depends on the data");
  }
  const auto* tuple = base.get<std::shared_ptr<TupleTerm>>();
  const auto* list = base.get<std::shared_ptr<ListTerm>>();
  if (tuple != nullptr || list != nullptr) {
    const std::vector<Term>& items = tuple != nullptr ? (*tuple)->items : (*list)->items;
    if (integer == nullptr) fail(frame, "an index that depends on the data");
    const std::optional<std::size_t> at = position(*integer, items.size());
    if (!at) fail(frame, "the index " + std::to_string(*integer) + " is out of range");
    return items[*at];
  }
  Arguments arguments;
  arguments.positional = {base, key};
  return call_operator("aten::__getitem__", std::move(arguments), frame);
}

}  // namespace henson::runtime
