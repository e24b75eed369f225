#include "runtime/import/inliner.h"

#include <algorithm>

#include "henson/error.h"
#include "loader/limits.h"
#include "runtime/import/types.h"

namespace henson::runtime {

using script::Expr;
using script::ExprKind;
using script::Stmt;
using script::StmtKind;

namespace {

const char* const kOtherWay =
    "the code goes another way here for inputs of such sizes, which was not to be seen as the "
    "archive was opened";

std::optional<bool> flag_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  const auto* integer = std::get_if<std::int64_t>(value);
  return integer != nullptr ? std::optional(*integer != 0) : std::nullopt;
}

/// A function that returns nothing: it is there to raise.
bool only_checks(const script::Function& function) {
  const Expr* const type = function.return_type.get();
  return type != nullptr && (type->kind == ExprKind::kNone ||
                             (type->kind == ExprKind::kName && type->text == "NoneType"));
}

}  // namespace

BuiltGraph build_graph(const loader::Archive& archive, const BuildOptions& options) {
  return Inliner(archive, options).build();
}

BuiltGraph Inliner::build() {
  const loader::Object& root = *archive_.module;
  const auto root_class = archive_.classes.find(root.class_name);
  const script::Function* const method = root_class == archive_.classes.end()
                                             ? nullptr
                                             : root_class->second.find_method(options_.method);
  if (method == nullptr) {
    throw Error(ErrorCode::kUnsupported, "the archive's module (" + root.class_name +
                                             ") has no method `" + options_.method + "` to run");
  }
  Arguments arguments;
  arguments.positional.emplace_back(ModuleTerm{archive_.module, ""});
  Frame frame;
  frame.function = method;
  for (std::size_t i = 1; i < method->parameters.size(); ++i) {
    const script::Parameter& parameter = method->parameters[i];
    frame.line = method->line;
    parameters_.push_back({parameter.name, parameter.default_value != nullptr, false});
    if (options_.omitted.contains(parameter.name) && parameter.default_value) {
      arguments.positional.push_back(evaluate(*parameter.default_value, frame));
      continue;
    }
    Term input = make_input(parameter.type.get(), std::to_string(i - 1), parameter.name, frame);
    parameters_.back().open = input.get<std::shared_ptr<OpenInput>>() != nullptr;
    arguments.positional.push_back(std::move(input));
  }
  const Term result = call_function(*method, std::move(arguments), nullptr);
  graph_.output = output_of(result, frame);
  return {std::move(graph_), std::move(parameters_)};
}

Term Inliner::call_function(const script::Function& function, Arguments arguments, Frame* caller) {
  Frame frame;
  frame.function = &function;
  frame.line = function.line;
  const Level level(*this, caller != nullptr ? *caller : frame);
  if (depth_ >= limits::kMaxInlineDepth) {
    fail(caller != nullptr ? *caller : frame, "the calls of the code are nested too deep");
  }
  ++depth_;  // a default may call as well
  if (arguments.positional.size() > function.parameters.size()) {
    fail(caller != nullptr ? *caller : frame, "too many arguments for " + function.name);
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    frame.names.insert_or_assign(function.parameters[i].name, std::move(arguments.positional[i]));
  }
  for (auto& [name, value] : arguments.keywords) {
    const bool known =
        std::any_of(function.parameters.begin(), function.parameters.end(),
                    [&](const script::Parameter& parameter) { return parameter.name == name; });
    if (!known) {
      fail(caller != nullptr ? *caller : frame, function.name + " has no parameter " + name);
    }
    if (!frame.names.emplace(name, std::move(value)).second) {
      fail(caller != nullptr ? *caller : frame,
           "two values for the parameter " + name + " of " + function.name);
    }
  }
  for (const script::Parameter& parameter : function.parameters) {
    if (frame.names.contains(parameter.name)) continue;
    if (parameter.default_value == nullptr) {
      fail(caller != nullptr ? *caller : frame,
           "no value for the parameter " + parameter.name + " of " + function.name);
    }
    frame.names.emplace(parameter.name, evaluate(*parameter.default_value, frame));
  }
  std::optional<Term> result = run_block(function.body, frame);
  --depth_;
  const Expr* const declared = function.return_type.get();
  if (!result && declared != nullptr && declared->kind == ExprKind::kName &&
      declared->text == "Tensor") {
    fail(frame, function.name + " ends without the Tensor that it declares to return");
  }
  return result ? std::move(*result) : constant(None{});
}

std::optional<Term> Inliner::run_block(const script::Block& block, Frame& frame) {
  const Level level(*this, frame);
  for (const Stmt& stmt : block) {
    if (std::optional<Term> returned = run_statement(stmt, frame)) return returned;
  }
  return std::nullopt;
}

std::optional<Term> Inliner::run_statement(const Stmt& stmt, Frame& frame) {
  frame.line = stmt.line;
  spend(loader::Budget::Kind::kSteps, 1, frame);
  switch (stmt.kind) {
    case StmtKind::kAssign: {
      if (!stmt.augmented.empty()) fail(frame, "augmented assignment is not supported");
      if (stmt.value == nullptr) return std::nullopt;
      Term value = evaluate(*stmt.value, frame);
      if (stmt.annotation) value = annotate(type_of_annotation(*stmt.annotation), value, frame);
      for (const auto& target : stmt.targets) assign(*target, value, frame);
      return std::nullopt;
    }
    case StmtKind::kExpr:
      evaluate(*stmt.value, frame);
      return std::nullopt;
    case StmtKind::kReturn:
      return stmt.value ? evaluate(*stmt.value, frame) : constant(None{});
    case StmtKind::kIf:
      return run_if(stmt, frame);
    case StmtKind::kAssert:
      if (!condition(*stmt.value, frame)) fail(frame, "an assertion of the code does not hold");
      return std::nullopt;
    case StmtKind::kRaise:
      fail(frame, "the code raises an exception here");
    case StmtKind::kFor:
      if (only_checks(*frame.function)) return run_loop(stmt, frame);
      [[fallthrough]];
    case StmtKind::kWhile:
      fail(frame,
           "a loop; Henson runs straight-line code, as tracing writes it: trace the model instead "
           "of "
           "scripting it");
    case StmtKind::kBreak:
    case StmtKind::kContinue:
      fail(frame, "a jump within a loop is not supported");
    case StmtKind::kPass:
      return std::nullopt;
  }
  return std::nullopt;
}

/// An `if` of which one branch only raises is a check, whatever it depends on.
std::optional<Term> Inliner::run_if(const Stmt& stmt, Frame& frame) {
  const Term term = evaluate(*stmt.value, frame);
  if (const std::optional<bool> known = flag_of(constant_value(term))) {
    return run_block(*known ? stmt.body : stmt.orelse, frame);
  }
  const std::optional<std::string> then = raised_by(stmt.body, frame);
  const std::optional<std::string> otherwise = raised_by(stmt.orelse, frame);
  if (then.has_value() == otherwise.has_value() || !is_flag(term)) {
    return run_block(guessed(term, frame) ? stmt.body : stmt.orelse, frame);
  }
  require(term, !then.has_value(),
          "the code raises an exception here" + (then ? *then : *otherwise), frame);
  return run_block(then ? stmt.orelse : stmt.body, frame);
}

/// `for i in range(n)`, in a function that checks sizes and returns nothing.
std::optional<Term> Inliner::run_loop(const Stmt& stmt, Frame& frame) {
  const Expr& over = *stmt.value;
  const bool counts = stmt.targets.size() == 1 && stmt.targets[0]->kind == ExprKind::kName &&
                      over.kind == ExprKind::kCall && over.children.size() == 2 &&
                      over.children[0]->kind == ExprKind::kName &&
                      over.children[0]->text == "range";
  if (!counts) fail(frame, "a loop over something else than a range");
  const Term count = evaluate(*over.children[1], frame);
  const auto* id = count.get<ValueId>();
  const std::optional<Value> guess = id != nullptr ? guesses_.value_of(*id) : std::nullopt;
  const auto* times = guess ? std::get_if<std::int64_t>(&*guess) : nullptr;
  if (times == nullptr) fail(frame, "a loop whose count depends on the data");
  if (constant_value(count) == nullptr) {
    Arguments both;
    both.positional = {count, constant(*times)};
    require(call_operator("aten::eq", std::move(both), frame), true, kOtherWay, frame);
  }
  for (std::int64_t i = 0; i < *times; ++i) {
    frame.names.insert_or_assign(stmt.targets[0]->text, constant(i));
    if (std::optional<Term> returned = run_block(stmt.body, frame)) return returned;
  }
  return std::nullopt;
}

bool Inliner::condition(const Expr& expr, Frame& frame) {
  const Term term = evaluate(expr, frame);
  const std::optional<bool> known = flag_of(constant_value(term));
  return known ? *known : guessed(term, frame);
}

/// What a condition says of sizes where inputs are [batch, length]; the run checks it.
bool Inliner::guessed(const Term& term, Frame& frame) {
  const auto* id = term.get<ValueId>();
  const std::optional<Value> guess = is_flag(term) ? guesses_.value_of(*id) : std::nullopt;
  const std::optional<bool> flag = guess ? flag_of(&*guess) : std::nullopt;
  if (!flag) {
    fail(frame,
         "a condition that depends on the data; Henson runs straight-line code, and resolves an "
         "`if` only when it is known as the archive is opened");
  }
  require(term, *flag, kOtherWay, frame);
  return *flag;
}

bool Inliner::is_flag(const Term& term) const {
  const auto* id = term.get<ValueId>();
  return id != nullptr && graph_.values[*id].type.kind == TypeKind::kBool;
}

void Inliner::require(const Term& condition, bool wanted, const std::string& otherwise,
                      Frame& frame) {
  Arguments arguments;
  arguments.positional = {condition, constant(wanted),
                          constant(otherwise + " (" + to_string(here(frame)) + ")")};
  call_operator("henson::require", std::move(arguments), frame);
}

/// What a block that does nothing but raise says, with a colon before it; nothing for another
/// block.
std::optional<std::string> Inliner::raised_by(const script::Block& block, Frame& frame) {
  for (const Stmt& stmt : block) {
    if (stmt.kind == StmtKind::kAssign) continue;  // of the message
    const bool calls = stmt.kind == StmtKind::kExpr && stmt.value->kind == ExprKind::kCall &&
                       stmt.value->children[0]->kind == ExprKind::kAttribute &&
                       stmt.value->children[0]->text == "RaiseException";
    if (!calls && stmt.kind != StmtKind::kRaise) return std::nullopt;
    const Expr* const said =
        calls && stmt.value->children.size() > 1 ? stmt.value->children[1].get() : nullptr;
    if (said == nullptr) return std::string();
    if (said->kind == ExprKind::kString) return ": " + said->text;
    const auto named =
        said->kind == ExprKind::kName ? frame.names.find(said->text) : frame.names.end();
    const Value* const text = named != frame.names.end() ? constant_value(named->second) : nullptr;
    const auto* words = text != nullptr ? std::get_if<std::string>(text) : nullptr;
    return words != nullptr ? ": " + *words : std::string();
  }
  return std::nullopt;
}

void Inliner::assign(const Expr& target, Term value, Frame& frame) {
  if (target.kind == ExprKind::kName) {
    frame.names.insert_or_assign(target.text, std::move(value));
  } else if (target.kind == ExprKind::kTuple || target.kind == ExprKind::kList) {
    assign_many(target, value, frame);
  } else if (target.kind == ExprKind::kAttribute) {
    const Term base = evaluate(*target.children[0], frame);
    const auto* module = base.get<ModuleTerm>();
    if (module == nullptr) fail(frame, "an assignment to an attribute of what is no module");
    assigned_.insert_or_assign({module->object.get(), target.text}, std::move(value));
  } else {
    fail(frame, "an assignment to this expression is not supported");
  }
}

void Inliner::assign_many(const Expr& targets, const Term& value, Frame& frame) {
  std::vector<Term> items = unpack(value, targets.children.size(), frame);
  for (std::size_t i = 0; i < items.size(); ++i) {
    assign(*targets.children[i], std::move(items[i]), frame);
  }
}

std::vector<Term> Inliner::unpack(const Term& value, std::size_t count, Frame& frame) {
  const auto checked = [&](const std::vector<Term>& items) {
    spend(loader::Budget::Kind::kItems, items.size(), frame);
    if (items.size() != count) {
      fail(frame, std::to_string(items.size()) + " values for " + std::to_string(count) + " names");
    }
    return items;
  };
  if (const auto* tuple = value.get<std::shared_ptr<TupleTerm>>()) return checked((*tuple)->items);
  if (const auto* list = value.get<std::shared_ptr<ListTerm>>()) return checked((*list)->items);
  if (const auto* open = value.get<std::shared_ptr<OpenInput>>()) {
    std::vector<Term> items;
    if ((*open)->dict) fail(frame, "a dict is no sequence of values");
    for (std::size_t i = 0; i < count; ++i) items.push_back(part_of(**open, std::to_string(i)));
    return items;
  }
  const auto* id = value.get<ValueId>();
  if (id == nullptr || graph_.values[*id].type.kind != TypeKind::kList) {
    fail(frame, "a value that is no list or tuple is unpacked");
  }
  Node node{NodeKind::kUnpack, nullptr, {*id}, {}, here(frame)};
  std::vector<Term> items;
  const Type element = graph_.values[*id].type.elements[0];
  for (std::size_t i = 0; i < count; ++i) {
    node.outputs.push_back(graph_.add_value({element, {}, std::nullopt, graph_.values[*id].dtype}));
    items.emplace_back(node.outputs.back());
  }
  graph_.nodes.push_back(std::move(node));
  count_node(frame);
  return items;
}

}  // namespace henson::runtime
