#include "loader/script/parser.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "loader/limits.h"
#include "loader/script/expression_parser.h"
#include "loader/script/token_stream.h"

namespace henson::script {
namespace {

class Parser {
 public:
  Parser(std::string_view text, std::shared_ptr<const std::string> entry, const std::string& module,
         loader::Budget& budget)
      : tokens_(text, std::move(entry)), expressions_(tokens_, budget), module_(module) {}

  SourceFile parse();

 private:
  void top_level(SourceFile& file);
  Class class_definition();
  void class_item(Class& out);
  void annotated_item(Class& out);
  Function function_definition();
  std::vector<Parameter> parameters();
  Parameter parameter();
  std::string dotted_name(std::string_view what);
  void refuse_twice(std::vector<std::string_view> names, std::uint32_t line,
                    const std::string& what) const;

  Block block();
  Stmt statement();
  Stmt if_statement();
  Stmt while_statement();
  Stmt for_statement();
  Stmt simple_statement();
  Stmt assert_statement();
  Stmt one_word(StmtKind kind);
  Stmt with_optional_value(StmtKind kind);
  Stmt assignment_or_expression();
  bool accept_augmented(std::string& out);
  void check_target(const Expr& target) const;
  void refuse_else_of_loop() const;
  void end_line();

  TokenStream tokens_;
  ExpressionParser expressions_;
  const std::string& module_;
};

SourceFile Parser::parse() {
  SourceFile file;
  file.entry = tokens_.entry();
  while (!tokens_.at(TokenKind::kEnd)) top_level(file);
  std::vector<std::string_view> names;
  for (const Class& each : file.classes) names.push_back(each.name);
  refuse_twice(std::move(names), tokens_.line(), "a class");
  names.clear();
  for (const Function& each : file.functions) names.push_back(each.name);
  refuse_twice(std::move(names), tokens_.line(), "a function");
  return file;
}

void Parser::top_level(SourceFile& file) {
  expressions_.count();
  if (tokens_.at("class")) {
    file.classes.push_back(class_definition());
  } else if (tokens_.at("def")) {
    file.functions.push_back(function_definition());
  } else if (tokens_.accept("import")) {
    file.imports.push_back(dotted_name("a module's name"));
    end_line();
  } else if (tokens_.at(TokenKind::kName) && tokens_.peek().is("=")) {
    std::string name = tokens_.take_name("a name");
    tokens_.take();
    file.assignments.emplace_back(std::move(name), expressions_.expression_list());
    end_line();
  } else if (tokens_.at("@")) {
    tokens_.fail_unsupported("decorators are");
  } else {
    tokens_.fail_expected("a class, a function, an import or an assignment");
  }
}

Class Parser::class_definition() {
  Class out;
  out.line = tokens_.take().line;
  out.entry = tokens_.entry();
  const std::string name = tokens_.take_name("a class's name");
  out.name = module_.empty() ? name : module_ + "." + name;
  if (tokens_.accept("(")) {
    if (!tokens_.at(")")) out.base = dotted_name("a class's name");
    tokens_.expect(")");
  }
  tokens_.expect(":");
  tokens_.expect(TokenKind::kNewline, "end of line");
  tokens_.expect(TokenKind::kIndent, "an indented block");
  while (!tokens_.at(TokenKind::kDedent)) class_item(out);
  tokens_.take();
  std::vector<std::string_view> names;
  for (const Function& method : out.methods) names.push_back(method.name);
  refuse_twice(std::move(names), out.line, "a method of " + quote(name));
  names.clear();
  for (const auto& [attribute, type] : out.attributes) names.push_back(attribute);
  refuse_twice(std::move(names), out.line, "an attribute of " + quote(name));
  return out;
}

void Parser::class_item(Class& out) {
  expressions_.count();
  const bool word = tokens_.at_word();
  if (word && tokens_.peek().is(":")) {
    annotated_item(out);
  } else if (word && tokens_.peek().is("=")) {
    std::string name = tokens_.take_word("a name");
    tokens_.take();
    out.values.emplace_back(std::move(name), expressions_.expression_list());
    end_line();
  } else if (word && tokens_.current().text == "__annotations__" && tokens_.peek().is("[")) {
    tokens_.take();
    tokens_.take();
    const ExprPtr key = expressions_.expression();
    if (key->kind != ExprKind::kString) {
      tokens_.fail_at(key->line, "expected an attribute's name in quotes");
    }
    tokens_.expect("]");
    tokens_.expect("=");
    out.attributes.emplace_back(key->text, expressions_.expression());
    end_line();
  } else if (tokens_.at("def")) {
    out.methods.push_back(function_definition());
  } else if (tokens_.accept("pass")) {
    end_line();
  } else if (tokens_.at("@")) {
    tokens_.fail_unsupported("decorators are");
  } else {
    tokens_.fail_expected("an attribute or a method");
  }
}

// name : type [= value]
void Parser::annotated_item(Class& out) {
  std::string name = tokens_.take_word("a name");
  tokens_.take();
  ExprPtr type = expressions_.expression();
  if (tokens_.accept("=")) out.values.emplace_back(name, expressions_.expression_list());
  out.attributes.emplace_back(std::move(name), std::move(type));
  end_line();
}

Function Parser::function_definition() {
  Function out;
  out.line = tokens_.take().line;
  out.entry = tokens_.entry();
  out.name = tokens_.take_name("a function's name");
  tokens_.expect("(");
  out.parameters = parameters();
  if (tokens_.accept("->")) out.return_type = expressions_.expression();
  out.body = block();
  return out;
}

std::vector<Parameter> Parser::parameters() {
  std::vector<Parameter> out;
  while (!tokens_.at(")")) {
    out.push_back(parameter());
    if (!tokens_.accept(",") && !tokens_.at(")")) tokens_.fail_expected("',' or ')'");
  }
  std::vector<std::string_view> names;
  for (const Parameter& each : out) names.push_back(each.name);
  refuse_twice(std::move(names), tokens_.line(), "a parameter");
  tokens_.take();
  return out;
}

Parameter Parser::parameter() {
  expressions_.count();
  Parameter out;
  if (is_number_word(tokens_.current().text)) tokens_.fail_expected("a parameter's name");
  out.name = tokens_.take_name("a parameter's name");
  if (tokens_.accept(":")) out.type = expressions_.expression();
  if (tokens_.accept("=")) out.default_value = expressions_.expression();
  return out;
}

std::string Parser::dotted_name(std::string_view what) {
  std::string name = tokens_.take_word(what);
  while (tokens_.accept(".")) {
    name += '.';
    name += tokens_.take_word(what);
  }
  return name;
}

// Which of two definitions is meant would be a guess.
void Parser::refuse_twice(std::vector<std::string_view> names, std::uint32_t line,
                          const std::string& what) const {
  if (has_duplicate(std::move(names))) tokens_.fail_at(line, what + " is defined twice");
}

// ": …" on the same line, or the indented lines below.
Block Parser::block() {
  const Nesting nesting(tokens_);
  tokens_.expect(":");
  Block out;
  if (!tokens_.at(TokenKind::kNewline)) {
    out.push_back(simple_statement());
    return out;
  }
  tokens_.take();
  tokens_.expect(TokenKind::kIndent, "an indented block");
  while (!tokens_.at(TokenKind::kDedent)) out.push_back(statement());
  tokens_.take();
  return out;
}

Stmt Parser::statement() {
  expressions_.count();
  if (tokens_.at("if")) return if_statement();
  if (tokens_.at("while")) return while_statement();
  if (tokens_.at("for")) return for_statement();
  return simple_statement();
}

// Also at an "elif", which is an `if` within the else before it.
Stmt Parser::if_statement() {
  const Nesting nesting(tokens_);
  Stmt out;
  out.kind = StmtKind::kIf;
  out.line = tokens_.take().line;
  out.value = expressions_.expression();
  out.body = block();
  if (tokens_.at("elif")) {
    out.orelse.push_back(if_statement());
  } else if (tokens_.accept("else")) {
    out.orelse = block();
  }
  return out;
}

Stmt Parser::while_statement() {
  Stmt out;
  out.kind = StmtKind::kWhile;
  out.line = tokens_.take().line;
  out.value = expressions_.expression();
  out.body = block();
  refuse_else_of_loop();
  return out;
}

Stmt Parser::for_statement() {
  Stmt out;
  out.kind = StmtKind::kFor;
  out.line = tokens_.take().line;
  out.targets.push_back(expressions_.loop_targets());
  check_target(*out.targets.front());
  tokens_.expect("in");
  out.value = expressions_.expression_list();
  out.body = block();
  refuse_else_of_loop();
  return out;
}

void Parser::refuse_else_of_loop() const {
  if (tokens_.at("else")) tokens_.fail_unsupported("'else' of a loop is");
}

// A statement that ends with its line.
Stmt Parser::simple_statement() {
  static constexpr std::array<std::string_view, 12> kUnsupported = {
      "with", "try",    "def",   "class", "import",   "from",
      "del",  "global", "async", "await", "nonlocal", "yield"};
  for (const std::string_view word : kUnsupported) {
    if (tokens_.at(word)) tokens_.fail_unsupported(quote(word) + " is");
  }
  if (tokens_.at("@")) tokens_.fail_unsupported("decorators are");
  Stmt out;
  if (tokens_.at("return")) {
    out = with_optional_value(StmtKind::kReturn);
  } else if (tokens_.at("raise")) {
    out = with_optional_value(StmtKind::kRaise);
  } else if (tokens_.at("assert")) {
    out = assert_statement();
  } else if (tokens_.at("pass")) {
    out = one_word(StmtKind::kPass);
  } else if (tokens_.at("break")) {
    out = one_word(StmtKind::kBreak);
  } else if (tokens_.at("continue")) {
    out = one_word(StmtKind::kContinue);
  } else {
    out = assignment_or_expression();
  }
  end_line();
  return out;
}

Stmt Parser::one_word(StmtKind kind) {
  Stmt out;
  out.kind = kind;
  out.line = tokens_.take().line;
  return out;
}

Stmt Parser::with_optional_value(StmtKind kind) {
  Stmt out = one_word(kind);
  if (!tokens_.at(TokenKind::kNewline)) out.value = expressions_.expression_list();
  return out;
}

Stmt Parser::assert_statement() {
  Stmt out = one_word(StmtKind::kAssert);
  out.value = expressions_.expression();
  if (tokens_.accept(",")) expressions_.expression();
  return out;
}

Stmt Parser::assignment_or_expression() {
  Stmt out;
  out.line = tokens_.line();
  out.value = expressions_.expression_list();
  if (tokens_.at(TokenKind::kNewline)) {
    out.kind = StmtKind::kExpr;
    return out;
  }
  out.kind = StmtKind::kAssign;
  const bool several = out.value->kind == ExprKind::kTuple || out.value->kind == ExprKind::kList;
  out.targets.push_back(std::move(out.value));
  if (!several && tokens_.accept(":")) {
    check_target(*out.targets.front());
    out.annotation = expressions_.expression();
    tokens_.expect("=");
    out.value = expressions_.expression_list();
    return out;
  }
  if (!several && accept_augmented(out.augmented)) {
    check_target(*out.targets.front());
    out.value = expressions_.expression_list();
    return out;
  }
  if (!tokens_.at("=")) tokens_.fail_expected("'=' or end of line");
  while (tokens_.accept("=")) {
    if (out.value) out.targets.push_back(std::move(out.value));
    check_target(*out.targets.back());
    out.value = expressions_.expression_list();
  }
  return out;
}

// "+=" and its like; the operator without its "=" goes to `out`.
bool Parser::accept_augmented(std::string& out) {
  static constexpr std::array<std::string_view, 13> kOperators = {
      "+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "^=", "<<=", ">>="};
  for (const std::string_view text : kOperators) {
    if (tokens_.accept(text)) {
      out = text.substr(0, text.size() - 1);
      return true;
    }
  }
  return false;
}

void Parser::check_target(const Expr& target) const {
  switch (target.kind) {
    case ExprKind::kName:
    case ExprKind::kAttribute:
    case ExprKind::kSubscript:
      return;
    case ExprKind::kTuple:
    case ExprKind::kList:
      for (const ExprPtr& child : target.children) check_target(*child);
      return;
    default:
      tokens_.fail_at(target.line, "cannot assign to this expression");
  }
}

void Parser::end_line() { tokens_.expect(TokenKind::kNewline, "end of line"); }

}  // namespace

SourceFile parse_source(std::string_view text, const std::string& entry, const std::string& module,
                        loader::Budget* budget) {
  if (text.size() > limits::kMaxCodeBytes) {  // line numbers have 32 bits
    throw Error(ErrorCode::kBadArchive, "the code is too long",
                {.entry = entry, .offset = std::nullopt, .line = std::nullopt});
  }
  loader::Budget own;
  return Parser(text, std::make_shared<const std::string>(entry), module,
                budget != nullptr ? *budget : own)
      .parse();
}

}  // namespace henson::script
