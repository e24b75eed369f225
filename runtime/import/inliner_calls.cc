#include <algorithm>

#include "henson/error.h"
#include "loader/pickle_names.h"
#include "runtime/graph/static_types.h"
#include "runtime/import/inliner.h"
#include "runtime/import/types.h"

namespace henson::runtime {
namespace {

using script::Expr;
using script::ExprKind;
using Kind = loader::Budget::Kind;

/// "ops.quantized.linear" is quantized::linear; "torch.add" is aten::add.
std::string operator_name(const std::string& dotted) {
  if (dotted.starts_with("torch.")) {
    const std::string name = dotted.substr(6);
    return name.find('.') == std::string::npos ? "aten::" + name : std::string();
  }
  if (dotted.starts_with("ops.")) {
    const std::size_t dot = dotted.rfind('.');
    return dot <= 4 ? std::string() : dotted.substr(4, dot - 4) + "::" + dotted.substr(dot + 1);
  }
  return {};
}

bool is_identifier_of_code(const std::string& dotted) { return dotted.starts_with("__torch__."); }

}  // namespace

Term Inliner::evaluate_call(const Expr& expr, Frame& frame) {
  const Expr& callee = *expr.children[0];
  const std::string name = dotted_name(callee);
  const std::string head = name.substr(0, name.find('.'));
  const bool local = !name.empty() && frame.names.contains(head);
  return !name.empty() && !local ? call_named(name, expr, frame) : call_method(expr, frame);
}

Term Inliner::call_named(const std::string& name, const Expr& expr, Frame& frame) {
  if (name.find('.') == std::string::npos) return call_builtin(name, expr, frame);
  if (name == "torch.device") {
    const Arguments arguments = evaluate_arguments(expr, frame);
    const Value* const known =
        arguments.positional.size() == 1 ? constant_value(arguments.positional[0]) : nullptr;
    const auto* device = known == nullptr ? nullptr : std::get_if<std::string>(known);
    if (device != nullptr && !loader::is_device(*device)) {
      fail(frame, "'" + *device + "' is no device");
    }
    return constant(Device{device == nullptr ? "cpu" : *device});
  }
  if (is_identifier_of_code(name)) {
    const auto function = archive_.functions.find(name);
    if (function != archive_.functions.end()) {
      return call_function(function->second, evaluate_arguments(expr, frame), &frame);
    }
    const auto of_class = archive_.classes.find(name);
    if (of_class != archive_.classes.end()) {
      return construct(of_class->second, evaluate_arguments(expr, frame), frame);
    }
    fail(frame, "the archive's code has no " + name);
  }
  const std::string op = operator_name(name);
  if (op.empty()) fail(frame, "the call of `" + name + "` is not supported");
  return call_operator(op, evaluate_arguments(expr, frame), frame);
}

Term Inliner::construct(const script::Class& of_class, Arguments arguments, Frame& frame) {
  if (of_class.base != "NamedTuple") {
    fail(frame, "the code makes an object of the class " + of_class.name +
                    "; only named tuples are supported");
  }
  std::vector<std::string> names;
  for (const auto& attribute : of_class.attributes) names.push_back(attribute.first);
  std::vector<Term> items = std::move(arguments.positional);
  if (items.size() > names.size()) fail(frame, "too many values for " + of_class.name);
  const auto given = static_cast<std::ptrdiff_t>(items.size());
  items.resize(names.size(), Uninitialized{});
  for (auto& [key, value] : arguments.keywords) {
    const auto found = std::find(names.begin(), names.end(), key);
    if (found == names.end()) fail(frame, of_class.name + " has no field " + key);
    if (found - names.begin() < given) {
      fail(frame, "two values for the field " + key + " of " + of_class.name);
    }
    items[static_cast<std::size_t>(found - names.begin())] = std::move(value);
  }
  return make_tuple(std::move(items), frame, std::move(names));
}

Term Inliner::call_method(const Expr& expr, Frame& frame) {
  const Expr& callee = *expr.children[0];
  if (callee.kind == ExprKind::kName) {
    const Term term = evaluate(callee, frame);
    const auto* named = term.get<FunctionTerm>();
    if (named == nullptr) fail(frame, "`" + callee.text + "` is called, and is no function");
    return call_function(*named->function, evaluate_arguments(expr, frame), &frame);
  }
  if (callee.kind != ExprKind::kAttribute) fail(frame, "this call is not supported");
  const Term base = evaluate(*callee.children[0], frame);
  const auto* module = base.get<ModuleTerm>();
  if (module == nullptr) {
    fail(frame, "a call of the method `" + callee.text + "` of what is no module");
  }
  const script::Function* const method = find_method(module->object->class_name, callee.text);
  if (method == nullptr) {
    fail(frame, (module->path.empty() ? "the archive's module" : "the module " + module->path) +
                    " has no method `" + callee.text + "`");
  }
  Arguments arguments = evaluate_arguments(expr, frame);
  arguments.positional.insert(arguments.positional.begin(), base);
  return call_function(*method, std::move(arguments), &frame);
}

Inliner::Arguments Inliner::evaluate_arguments(const Expr& call, Frame& frame) {
  Arguments arguments;
  for (std::size_t i = 1; i < call.children.size(); ++i) {
    arguments.positional.push_back(evaluate(*call.children[i], frame));
  }
  for (const auto& [name, value] : call.keywords) {
    arguments.keywords.emplace_back(name, evaluate(*value, frame));
  }
  frame.line = call.line;
  return arguments;
}

Term Inliner::call_builtin(const std::string& name, const Expr& expr, Frame& frame) {
  if (name == "uninitialized") return Uninitialized{};
  if ((name == "annotate" || name == "unchecked_cast") && expr.children.size() == 3) {
    return annotate(type_of_annotation(*expr.children[1]), evaluate(*expr.children[2], frame),
                    frame);
  }
  static const std::map<std::string, std::string> kBuiltins = {
      {"int", "aten::Int"},   {"float", "aten::Float"}, {"bool", "aten::Bool"},
      {"len", "aten::len"},   {"str", "aten::str"},     {"ord", "aten::ord"},
      {"abs", "prim::abs"},   {"min", "prim::min"},     {"max", "prim::max"},
      {"list", "aten::list"}, {"round", "aten::round"}, {"print", "prim::Print"},
  };
  const auto found = kBuiltins.find(name);
  if (found == kBuiltins.end()) fail(frame, "the call of `" + name + "` is not supported");
  return call_operator(found->second, evaluate_arguments(expr, frame), frame);
}

Term Inliner::annotate(const Type& type, Term value, Frame& frame) {
  if (const auto* list = value.get<std::shared_ptr<ListTerm>>()) {
    if (type.kind == TypeKind::kList) (*list)->element = type.elements[0];
    return value;
  }
  if (type_of_term(value, frame).kind != TypeKind::kTensor) return value;
  // A tensor said to be a number is converted.
  static const std::map<TypeKind, std::string> kConversions = {
      {TypeKind::kNumber, "aten::ScalarImplicit"},
      {TypeKind::kInt, "aten::IntImplicit"},
      {TypeKind::kFloat, "aten::FloatImplicit"},
      {TypeKind::kBool, "aten::Bool"},
  };
  const auto conversion = kConversions.find(type.kind);
  if (conversion == kConversions.end()) return value;
  Arguments arguments;
  arguments.positional.push_back(std::move(value));
  return call_operator(conversion->second, std::move(arguments), frame);
}

Term Inliner::call_operator(const std::string& name, Arguments arguments, Frame& frame) {
  if (std::optional<Term> structural = call_structural(name, arguments, frame)) return *structural;
  // Packed tables are written out as floats when they are read; nothing was pruned from them.
  if (name == "quantized::embedding_byte" && arguments.positional.size() == 2) {
    return call_operator("aten::embedding", std::move(arguments), frame);
  }
  read_constant_as_number(name, arguments, frame);
  CallTypes types;
  std::vector<Term> given = std::move(arguments.positional);
  for (const Term& term : given) types.positional.push_back(type_of_term(term, frame));
  for (auto& [key, term] : arguments.keywords) {
    types.keywords.emplace_back(key, type_of_term(term, frame));
    given.push_back(std::move(term));
  }
  const std::optional<Match> match = match_overload(name, types, archive_.version);
  if (!match) refuse_operator(name, types, frame);
  const Schema& schema = match->op->schema;
  std::vector<ValueId> inputs;
  for (std::size_t i = 0; i < schema.arguments.size(); ++i) {
    if (match->sources[i]) {
      inputs.push_back(value_of(given[*match->sources[i]], frame));
    } else {
      const Value& value = *schema.arguments[i].default_value;
      inputs.push_back(graph_.add_constant(value, type_of(value)));
    }
  }
  refuse_training(schema, inputs, frame);
  if (std::optional<Term> folded = fold(*match->op, inputs, frame)) return *folded;
  Node node{NodeKind::kOperator, match->op, std::move(inputs), {}, here(frame)};
  std::vector<Term> results;
  const std::vector<Fact> facts = infer_dtypes_of(graph_, *node.op, node.inputs);
  for (std::size_t i = 0; i < schema.results.size(); ++i) {
    Type type = schema.results[i];
    if (type.kind == TypeKind::kAny) type = element_type(graph_, node.inputs);
    node.outputs.push_back(
        graph_.add_value({std::move(type), {}, std::nullopt, facts[i].dtype, facts[i].floating}));
    const TypeKind kind = graph_.values[node.outputs[i]].type.kind;
    if (kind != TypeKind::kTensor) note_nesting(node.outputs[i], node.inputs, false, frame);
    results.emplace_back(node.outputs.back());
  }
  graph_.nodes.push_back(std::move(node));
  count_node(frame);
  if (results.size() == 1) return results[0];
  return results.empty() ? constant(None{}) : make_tuple(std::move(results), frame);
}

/// Batch normalization in training mode: what it answers for one row depends on the others.
void Inliner::refuse_training(const Schema& schema, const std::vector<ValueId>& inputs,
                              Frame& frame) {
  if (!schema.name.ends_with("batch_norm")) return;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::optional<Value>& value = graph_.values[inputs[i]].constant;
    if (schema.arguments[i].name != "training" || !value || !value->is<bool>()) continue;
    if (value->as<bool>()) {
      fail(frame,
           "batch normalization in training mode; call eval() on the model before tracing it");
    }
  }
}

void Inliner::refuse_operator(const std::string& name, const CallTypes& types, Frame& frame) {
  if (name == "prim::ConstantMKLDNNTensor") {
    fail(frame,
         "weights in a processor's own layout, which saving does not keep: the archive was saved "
         "after "
         "torch.jit.optimize_for_inference; save the model before it");
  }
  if (name == "prim::RaiseException") fail(frame, "the code raises an exception here");
  if (!OperatorTable::get().overloads(name).empty()) {
    fail(frame, "operator " + name + " is not supported with the arguments " + to_string(types));
  }
  const std::string space = name.substr(0, name.find(':'));
  if (space != "aten" && space != "prim" && space != "quantized") {
    fail(frame, "operator " + name + " belongs to `" + space +
                    "`, an extension outside of PyTorch (a compiled or custom operator); trace the "
                    "model without it");
  }
  fail(frame, "operator " + name + " is not supported");
}

std::optional<Term> Inliner::fold(const Operator& op, const std::vector<ValueId>& inputs,
                                  Frame& frame) {
  if (std::optional<Value> known = static_result(graph_, op, inputs)) return constant(*known);
  const Schema& schema = op.schema;
  if (schema.results.size() != 1) return std::nullopt;
  const TypeKind result = schema.results[0].kind;
  if (result == TypeKind::kTensor || result == TypeKind::kList || result == TypeKind::kAny) {
    return std::nullopt;
  }
  std::vector<Value> values;
  for (const ValueId id : inputs) {
    const std::optional<Value>& value = graph_.values[id].constant;
    if (!value) return std::nullopt;
    // A tensor's elements may have been written before: only packed weights are surely as stored.
    if (value->is<Tensor>() && result != TypeKind::kPackedLinear) return std::nullopt;
    values.push_back(*value);
  }
  std::vector<Value> results(1);
  Call call(system_memory(), values, results);
  try {
    op.kernel(call);
  } catch (const Error& error) {
    fail(frame, op.schema.name + ": " + error.message());
  }
  if (const auto* text = std::get_if<std::string>(&results[0])) {
    spend(Kind::kStringBytes, text->size(), frame);
  }
  return constant(std::move(results[0]));
}

std::optional<Term> Inliner::call_structural(const std::string& name, const Arguments& arguments,
                                             Frame& frame) {
  const std::vector<Term>& given = arguments.positional;
  if (name == "aten::warn" || name == "prim::Print") return constant(None{});
  if (name.starts_with("profiler::_record_function_")) return constant(None{});  // marks of time
  if (given.size() == 2 && (name == "aten::__is__" || name == "aten::__isnot__")) {
    const Type a = type_of_term(given[0], frame);
    const Type b = type_of_term(given[1], frame);
    const bool both = a.kind == TypeKind::kNone && b.kind == TypeKind::kNone;
    const bool either = a.kind == TypeKind::kNone || b.kind == TypeKind::kNone;
    const auto* x = given[0].get<ValueId>();
    const auto* y = given[1].get<ValueId>();
    if (x != nullptr && y != nullptr && *x == *y) return constant(name == "aten::__is__");
    if (!either) fail(frame, "`is` between values is not supported");
    return constant((name == "aten::__is__") == both);
  }
  if (given.empty()) return std::nullopt;
  const auto* list = given[0].get<std::shared_ptr<ListTerm>>();
  const auto* tuple = given[0].get<std::shared_ptr<TupleTerm>>();
  const auto* dict = given[0].get<std::shared_ptr<DictTerm>>();
  const auto* open = given[0].get<std::shared_ptr<OpenInput>>();
  if (name == "aten::__getitem__" && given.size() == 2 &&
      (list != nullptr || tuple != nullptr || dict != nullptr || open != nullptr)) {
    return item_of(given[0], given[1], frame);
  }
  if (name == "aten::append" && list != nullptr && given.size() == 2) {
    append(**list, given[1], frame);
    return given[0];
  }
  if (name == "aten::len" && given.size() == 1) {
    if (list != nullptr) return constant(static_cast<std::int64_t>((*list)->items.size()));
    if (tuple != nullptr) return constant(static_cast<std::int64_t>((*tuple)->items.size()));
    if (dict != nullptr) return constant(static_cast<std::int64_t>((*dict)->items.size()));
  }
  if ((name == "aten::list" || name == "aten::copy") && list != nullptr) {
    return make_list((*list)->items, frame);
  }
  if (name == "aten::_set_item" && dict != nullptr && given.size() == 3) {
    const Value* const known = constant_value(given[1]);
    const auto* key = known == nullptr ? nullptr : std::get_if<std::string>(known);
    if (key == nullptr) fail(frame, "a dict with keys that are no strings");
    set_item(**dict, *key, given[2], frame);
    return given[0];
  }
  if (name == "aten::__contains__" && dict != nullptr && given.size() == 2) {
    const Value* const known = constant_value(given[1]);
    const auto* key = known == nullptr ? nullptr : std::get_if<std::string>(known);
    if (key == nullptr) fail(frame, "a key that depends on the data");
    spend(Kind::kItems, (*dict)->items.size(), frame);
    return constant(std::any_of((*dict)->items.begin(), (*dict)->items.end(),
                                [&](const auto& item) { return item.first == *key; }));
  }
  return std::nullopt;
}

}  // namespace henson::runtime
