#include "loader/script/expression_parser.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

#include "loader/script/literal.h"

namespace henson::script {

bool is_number_word(std::string_view word) noexcept {
  return word == "inf" || word == "nan" || word == "infj" || word == "nanj";
}

bool has_duplicate(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

void ExpressionParser::count() const {
  constexpr auto kKind = loader::Budget::Kind::kExpressions;
  if (!budget_.spend(kKind, 1)) tokens_.fail(budget_.refusal(kKind));
}

ExprPtr ExpressionParser::make(ExprKind kind, std::uint32_t line) const {
  count();
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = line;
  return expr;
}

// Every node with children passes here. A long chain like a.b.c or x + y + z grows a tree without
// recursion, so that it is the height that must be bounded.
ExprPtr ExpressionParser::finish(ExprPtr expr) const {
  std::uint32_t below = 0;
  for (const ExprPtr& child : expr->children) below = std::max(below, child->height);
  for (const auto& [name, value] : expr->keywords) below = std::max(below, value->height);
  expr->height = below + 1;
  check_depth(tokens_, expr->height);
  return expr;
}

template <class... Children>
ExprPtr ExpressionParser::node(ExprKind kind, std::uint32_t line, Children... children) const {
  ExprPtr expr = make(kind, line);
  (expr->children.push_back(std::move(children)), ...);
  return finish(std::move(expr));
}

ExprPtr ExpressionParser::expression() {
  const Nesting nesting(tokens_);
  ExprPtr value = binary(Precedence::kOr);
  if (!tokens_.accept("if")) return value;
  const std::uint32_t line = value->line;
  ExprPtr condition = binary(Precedence::kOr);
  tokens_.expect("else");
  ExprPtr otherwise = expression();
  return node(ExprKind::kTernary, line, std::move(condition), std::move(value),
              std::move(otherwise));
}

// One item, or a kTuple of several; a comma may end it.
template <class ParseItem>
ExprPtr ExpressionParser::list_of(ParseItem item) {
  ExprPtr first = item();
  if (!tokens_.at(",")) return first;
  ExprPtr tuple = make(ExprKind::kTuple, first->line);
  tuple->children.push_back(std::move(first));
  while (tokens_.accept(",") && !at_list_end()) tuple->children.push_back(item());
  return finish(std::move(tuple));
}

ExprPtr ExpressionParser::expression_list() {
  return list_of([this] { return expression(); });
}

ExprPtr ExpressionParser::loop_targets() {
  return list_of([this] { return binary(Precedence::kBitOr); });
}

// Whether what follows a comma cannot be one more item.
bool ExpressionParser::at_list_end() const noexcept {
  const Token& token = tokens_.current();
  return token.kind == TokenKind::kNewline || token.is(")") || token.is("]") || token.is("=") ||
         token.is("in");
}

std::optional<ExpressionParser::BinaryOperator> ExpressionParser::current_operator() {
  struct Row {
    std::string_view text;
    Precedence precedence;
  };
  static constexpr Row kRows[] = {{"or", Precedence::kOr},         {"and", Precedence::kAnd},
                                  {"<", Precedence::kComparison},  {">", Precedence::kComparison},
                                  {"<=", Precedence::kComparison}, {">=", Precedence::kComparison},
                                  {"==", Precedence::kComparison}, {"!=", Precedence::kComparison},
                                  {"in", Precedence::kComparison}, {"is", Precedence::kComparison},
                                  {"|", Precedence::kBitOr},       {"^", Precedence::kBitXor},
                                  {"&", Precedence::kBitAnd},      {"<<", Precedence::kShift},
                                  {">>", Precedence::kShift},      {"+", Precedence::kSum},
                                  {"-", Precedence::kSum},         {"*", Precedence::kProduct},
                                  {"/", Precedence::kProduct},     {"//", Precedence::kProduct},
                                  {"%", Precedence::kProduct},     {"@", Precedence::kProduct},
                                  {"**", Precedence::kPower}};
  const Token& token = tokens_.current();
  if (token.kind != TokenKind::kOperator && token.kind != TokenKind::kKeyword) return std::nullopt;
  if (token.is("not") && tokens_.peek().is("in")) {
    return BinaryOperator{"not in", Precedence::kComparison, 2};
  }
  if (token.is("is") && tokens_.peek().is("not")) {
    return BinaryOperator{"is not", Precedence::kComparison, 2};
  }
  for (const Row& row : kRows) {
    if (token.text == row.text) return BinaryOperator{row.text, row.precedence, 1};
  }
  return std::nullopt;
}

// Operators that bind at least as tight as `least`.
ExprPtr ExpressionParser::binary(Precedence least) {
  ExprPtr left = prefixed(least);
  bool compared = false;
  while (const std::optional<BinaryOperator> found = current_operator()) {
    if (found->precedence < least) break;
    const bool compares = found->precedence == Precedence::kComparison;
    if (compares && compared) tokens_.fail_unsupported("chained comparisons are");
    compared = compares;
    for (int word = 0; word < found->words; ++word) tokens_.take();
    const std::uint32_t line = left->line;
    left = node(ExprKind::kBinary, line, std::move(left), right_of(found->precedence));
    left->text = found->text;
  }
  return left;
}

ExprPtr ExpressionParser::right_of(Precedence precedence) {
  if (precedence == Precedence::kPower) {  // a ** b ** c is a ** (b ** c), and a ** -b is allowed
    const Nesting nesting(tokens_);
    return binary(Precedence::kUnary);
  }
  return binary(static_cast<Precedence>(static_cast<int>(precedence) + 1));
}

ExprPtr ExpressionParser::prefixed(Precedence least) {
  const std::uint32_t line = tokens_.line();
  const bool is_not = least <= Precedence::kNot && tokens_.at("not");
  if (!is_not && !tokens_.at("-") && !tokens_.at("+") && !tokens_.at("~")) return postfixed();
  const Nesting nesting(tokens_);
  if (tokens_.accept("-")) return negated(line);
  const std::string text(tokens_.take().text);
  ExprPtr expr =
      node(ExprKind::kUnary, line, binary(is_not ? Precedence::kNot : Precedence::kUnary));
  expr->text = text;
  return expr;
}

// What follows a minus: a negative literal is a literal.
ExprPtr ExpressionParser::negated(std::uint32_t line) {
  if (tokens_.at(TokenKind::kInt)) {
    // The least int64: its digits alone are out of range.
    const std::string_view digits = tokens_.current().text;
    const std::optional<std::int64_t> least = parse_int(digits, true);
    if (least && !parse_int(digits, false)) {
      tokens_.take();
      ExprPtr literal = make(ExprKind::kInt, line);
      literal->integer = *least;
      return literal;
    }
  }
  ExprPtr operand = binary(Precedence::kUnary);
  const bool can_negate = operand->integer != std::numeric_limits<std::int64_t>::min();
  if (operand->kind == ExprKind::kInt && can_negate) {
    operand->integer = -operand->integer;
  } else if (operand->kind == ExprKind::kFloat || operand->kind == ExprKind::kComplex) {
    operand->number = -operand->number;
  } else {
    operand = node(ExprKind::kUnary, line, std::move(operand));
    operand->text.assign(1, '-');
  }
  operand->line = line;
  return operand;
}

ExprPtr ExpressionParser::postfixed() {
  ExprPtr expr = atom();
  for (;;) {
    if (tokens_.accept(".")) {
      const std::uint32_t line = expr->line;
      expr = node(ExprKind::kAttribute, line, std::move(expr));
      expr->text = tokens_.take_word("an attribute's name");
    } else if (tokens_.accept("[")) {
      expr = subscript(std::move(expr));
    } else if (tokens_.accept("(")) {
      expr = call(std::move(expr));
    } else {
      return expr;
    }
  }
}

ExprPtr ExpressionParser::subscript(ExprPtr object) {
  const std::uint32_t line = object->line;
  ExprPtr index = list_of([this] { return subscript_item(); });
  tokens_.expect("]");
  return node(ExprKind::kSubscript, line, std::move(object), std::move(index));
}

ExprPtr ExpressionParser::subscript_item() {
  const std::uint32_t line = tokens_.line();
  ExprPtr start = tokens_.at(":") ? make(ExprKind::kNone, line) : expression();
  if (!tokens_.accept(":")) return start;
  ExprPtr end = slice_part();
  ExprPtr step = tokens_.accept(":") ? slice_part() : make(ExprKind::kNone, line);
  return node(ExprKind::kSlice, line, std::move(start), std::move(end), std::move(step));
}

ExprPtr ExpressionParser::slice_part() {
  const bool written = !tokens_.at(":") && !tokens_.at(",") && !tokens_.at("]");
  return written ? expression() : make(ExprKind::kNone, tokens_.line());
}

ExprPtr ExpressionParser::call(ExprPtr callee) {
  const std::uint32_t line = callee->line;
  ExprPtr expr = make(ExprKind::kCall, line);
  expr->children.push_back(std::move(callee));
  while (!tokens_.at(")")) {
    argument(*expr);
    if (!tokens_.accept(",") && !tokens_.at(")")) tokens_.fail_expected("',' or ')'");
  }
  std::vector<std::string_view> names;
  for (const auto& [name, value] : expr->keywords) names.push_back(name);
  if (has_duplicate(std::move(names))) tokens_.fail("the call gives a keyword twice");
  tokens_.expect(")");
  return simplify_call(finish(std::move(expr)));
}

void ExpressionParser::argument(Expr& call) {
  if (tokens_.at_word() && tokens_.peek().is("=")) {
    std::string name = tokens_.take_word("a keyword");
    tokens_.expect("=");
    call.keywords.emplace_back(std::move(name), expression());
    return;
  }
  if (!call.keywords.empty()) tokens_.fail_expected("a keyword and '='");
  call.children.push_back(expression());
  refuse_comprehension();
}

// getattr(x, "n") is x.n, for names that no Python identifier can be; float("inf") is a literal.
ExprPtr ExpressionParser::simplify_call(ExprPtr call) const {
  const std::vector<ExprPtr>& parts = call->children;
  if (parts[0]->kind != ExprKind::kName || !call->keywords.empty()) return call;
  if (parts.back()->kind != ExprKind::kString) return call;
  if (parts[0]->text == "getattr" && parts.size() == 3) {
    ExprPtr attribute = make(ExprKind::kAttribute, call->line);
    attribute->text = std::move(parts[2]->text);
    attribute->children.push_back(std::move(call->children[1]));
    return finish(std::move(attribute));
  }
  if (parts[0]->text == "float" && parts.size() == 2) {
    if (const std::optional<double> number = parse_non_finite(parts[1]->text)) {
      ExprPtr literal = make(ExprKind::kFloat, call->line);
      literal->number = *number;
      return literal;
    }
  }
  return call;
}

ExprPtr ExpressionParser::atom() {
  const Token& token = tokens_.current();
  switch (token.kind) {
    case TokenKind::kName:
    case TokenKind::kKeyword:
      return word();
    case TokenKind::kInt:
      return integer();
    case TokenKind::kFloat:
    case TokenKind::kImaginary:
      return number();
    case TokenKind::kString:
      return string();
    default:
      break;
  }
  if (token.is("(")) return parenthesized();
  if (token.is("[")) return list();
  if (token.is("{")) return dict();
  if (token.is("...")) return make(ExprKind::kEllipsis, tokens_.take().line);
  tokens_.fail_expected("an expression");
}

ExprPtr ExpressionParser::word() {
  const Token token = tokens_.current();
  ExprPtr expr = make(ExprKind::kName, token.line);
  if (token.is("None")) {
    expr->kind = ExprKind::kNone;
  } else if (token.is("True") || token.is("False")) {
    expr->kind = ExprKind::kBool;
    expr->integer = token.is("True") ? 1 : 0;
  } else if (token.is("lambda") || token.is("await") || token.is("yield")) {
    tokens_.fail_unsupported(quote(token.text) + " is");
  } else if (token.kind == TokenKind::kKeyword) {
    tokens_.fail_expected("an expression");
  } else if (is_number_word(token.text)) {
    expr->kind = token.text.ends_with('j') ? ExprKind::kComplex : ExprKind::kFloat;
    expr->number = parse_non_finite(token.text.substr(0, 3)).value();
  } else {
    expr->text = token.text;
  }
  tokens_.take();
  return expr;
}

ExprPtr ExpressionParser::parenthesized() {
  const std::uint32_t line = tokens_.take().line;
  if (tokens_.accept(")")) return make(ExprKind::kTuple, line);
  ExprPtr expr = expression_list();
  refuse_comprehension();
  tokens_.expect(")");
  return expr;
}

ExprPtr ExpressionParser::list() {
  ExprPtr expr = make(ExprKind::kList, tokens_.take().line);
  while (!tokens_.at("]")) {
    expr->children.push_back(expression());
    refuse_comprehension();
    if (!tokens_.accept(",") && !tokens_.at("]")) tokens_.fail_expected("',' or ']'");
  }
  tokens_.take();
  return finish(std::move(expr));
}

ExprPtr ExpressionParser::dict() {
  ExprPtr expr = make(ExprKind::kDict, tokens_.take().line);
  while (!tokens_.at("}")) {
    expr->children.push_back(expression());
    tokens_.expect(":");
    expr->children.push_back(expression());
    refuse_comprehension();
    if (!tokens_.accept(",") && !tokens_.at("}")) tokens_.fail_expected("',' or '}'");
  }
  tokens_.take();
  return finish(std::move(expr));
}

ExprPtr ExpressionParser::integer() {
  const std::string_view digits = tokens_.current().text;
  if (digits.size() > 1 && digits.front() == '0') tokens_.fail("malformed number");
  const std::optional<std::int64_t> value = parse_int(digits, false);
  if (!value) tokens_.fail("the integer is out of the range of 64 bits");
  ExprPtr expr = make(ExprKind::kInt, tokens_.take().line);
  expr->integer = *value;
  return expr;
}

ExprPtr ExpressionParser::number() {
  const Token token = tokens_.current();
  const bool imaginary = token.kind == TokenKind::kImaginary;
  const std::optional<double> value =
      parse_float(token.text.substr(0, token.text.size() - (imaginary ? 1 : 0)));
  if (!value) tokens_.fail("the number is out of the range of a double");
  ExprPtr expr = make(imaginary ? ExprKind::kComplex : ExprKind::kFloat, token.line);
  expr->number = *value;
  tokens_.take();
  return expr;
}

// One string, or several that follow each other and are one.
ExprPtr ExpressionParser::string() {
  ExprPtr expr = make(ExprKind::kString, tokens_.line());
  while (tokens_.at(TokenKind::kString)) {
    const std::optional<std::string> text = parse_string(tokens_.current().text);
    if (!text) tokens_.fail("the string has an unknown escape");
    expr->text += *text;
    tokens_.take();
  }
  return expr;
}

void ExpressionParser::refuse_comprehension() const {
  if (tokens_.at("for")) tokens_.fail_unsupported("comprehensions are");
}

}  // namespace henson::script
