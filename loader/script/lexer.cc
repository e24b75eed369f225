#include "loader/script/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "henson/error.h"

namespace henson::script {
namespace {

constexpr std::array<std::string_view, 35> kKeywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end()));

// The longest that matches is taken, so longer ones come first.
constexpr std::array<std::string_view, 46> kOperators = {
    "**=", "//=", "<<=", ">>=", "...", "**", "//", "<<", ">>", "<=", ">=", "==",
    "!=",  "->",  "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=", "^=", "@=", "(",
    ")",   "[",   "]",   "{",   "}",   "+",  "-",  "*",  "/",  "%",  "&",  "|",
    "^",   "~",   "@",   "<",   ">",   "=",  ":",  ",",  ".",  ";"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_word_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_word(char c) noexcept { return is_word_start(c) || is_digit(c); }

// A byte as a message shows it: the message stays one printable line whatever the file holds.
std::string describe_byte(char c) {
  if (c >= ' ' && c <= '~') return quote({&c, 1});
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("byte 0x") + kHex[byte >> 4] + kHex[byte & 15];
}

}  // namespace

Lexer::Lexer(std::string_view text, std::shared_ptr<const std::string> entry)
    : text_(text), entry_(std::move(entry)) {}

void Lexer::fail(std::uint32_t line, std::string message) const {
  throw Error(ErrorCode::kBadArchive, std::move(message),
              {.entry = *entry_, .offset = std::nullopt, .line = line});
}

char Lexer::at(std::size_t offset) const noexcept {
  return offset < text_.size() - position_ ? text_[position_ + offset] : '\0';
}

bool Lexer::at_newline() const noexcept {
  return at(0) == '\n' || (at(0) == '\r' && at(1) == '\n');
}

void Lexer::take_newline() {
  position_ += at(0) == '\r' ? 2 : 1;
  ++line_;
}

void Lexer::skip_comment() {
  while (position_ < text_.size() && !at_newline()) ++position_;
}

// Skips what separates tokens. Ends at a token, at the end of a logical line, or at the end.
void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = at(0);
    if (c == ' ' || c == '\t' || c == '\f') {
      ++position_;
    } else if (c == '#') {
      skip_comment();
    } else if (at_newline() && !brackets_.empty()) {
      take_newline();
    } else if (c == '\\' && (at(1) == '\n' || (at(1) == '\r' && at(2) == '\n'))) {
      ++position_;
      take_newline();
    } else {
      return;
    }
  }
}

// Skips lines that hold no code; gives the indentation of the one that does, or none at the end.
Lexer::Indent Lexer::skip_to_code() {
  constexpr std::size_t kTab = 8;
  Indent indent;
  while (position_ < text_.size()) {
    const char c = at(0);
    if (c == ' ') {
      ++indent.column;
    } else if (c == '\t') {
      indent.column += kTab - indent.column % kTab;
    } else if (c == '\f') {
      indent = {};
      ++position_;
      continue;
    } else if (c == '#') {
      skip_comment();
      continue;
    } else if (at_newline()) {
      take_newline();
      indent = {};
      continue;
    } else {
      return indent;
    }
    ++indent.plain_column;
    ++position_;
  }
  return {};
}

// Makes indents and dedents due.
void Lexer::compare_indent(const Indent& indent) {
  if (indent.column > indents_.back().column) {
    if (indent.plain_column <= indents_.back().plain_column) {
      fail(line_, "inconsistent use of tabs and spaces");
    }
    indents_.push_back(indent);
    indented_ = true;
    return;
  }
  while (indent.column < indents_.back().column) {
    indents_.pop_back();
    ++dedents_;
  }
  if (indent.column != indents_.back().column) {
    fail(line_, "the indentation matches no outer block");
  }
  if (indent.plain_column != indents_.back().plain_column) {
    fail(line_, "inconsistent use of tabs and spaces");
  }
}

Token Lexer::next() {
  if (at_line_start_) {
    at_line_start_ = false;
    compare_indent(skip_to_code());
  }
  if (indented_) {
    indented_ = false;
    return take(TokenKind::kIndent, 0);
  }
  if (dedents_ > 0) {
    --dedents_;
    return take(TokenKind::kDedent, 0);
  }
  skip_blanks();
  if (position_ == text_.size()) return take_end();
  if (at_newline()) {
    const Token token = take(TokenKind::kNewline, 0);
    take_newline();
    in_line_ = false;
    at_line_start_ = true;
    return token;
  }
  in_line_ = true;
  const char c = at(0);
  if (is_word_start(c)) return take_word();
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return take_number();
  if (c == '"' || c == '\'') return take_string();
  return take_operator();
}

Token Lexer::take(TokenKind kind, std::size_t bytes) {
  const Token token{kind, line_, text_.substr(position_, bytes)};
  position_ += bytes;
  return token;
}

Token Lexer::take_end() {
  if (!brackets_.empty()) {
    fail(brackets_.back().line, quote({&brackets_.back().open, 1}) + " is never closed");
  }
  if (!in_line_) return take(TokenKind::kEnd, 0);
  in_line_ = false;
  at_line_start_ = true;
  return take(TokenKind::kNewline, 0);
}

Token Lexer::take_word() {
  std::size_t bytes = 1;
  while (is_word(at(bytes))) ++bytes;
  const std::string_view word = text_.substr(position_, bytes);
  const bool keyword = std::binary_search(kKeywords.begin(), kKeywords.end(), word);
  return take(keyword ? TokenKind::kKeyword : TokenKind::kName, bytes);
}

Token Lexer::take_number() {
  TokenKind kind = TokenKind::kInt;
  std::size_t bytes = 0;
  const auto take_digits = [&] {
    while (is_digit(at(bytes))) ++bytes;
  };
  take_digits();
  if (at(bytes) == '.') {
    kind = TokenKind::kFloat;
    ++bytes;
    take_digits();
  }
  if (at(bytes) == 'e' || at(bytes) == 'E') {
    const std::size_t sign = at(bytes + 1) == '+' || at(bytes + 1) == '-' ? 1 : 0;
    if (is_digit(at(bytes + 1 + sign))) {
      kind = TokenKind::kFloat;
      bytes += 1 + sign;
      take_digits();
    }
  }
  if (at(bytes) == 'j') {
    kind = TokenKind::kImaginary;
    ++bytes;
  }
  if (is_word(at(bytes)) || at(bytes) == '.') fail(line_, "malformed number");
  return take(kind, bytes);
}

Token Lexer::take_string() {
  const char quote = at(0);
  const std::size_t quotes = at(1) == quote && at(2) == quote ? 3 : 1;
  const std::size_t start = position_;
  const std::uint32_t line = line_;
  position_ += quotes;
  while (position_ < text_.size() && (quotes == 3 || !at_newline())) {
    if (at(0) == quote && (quotes == 1 || (at(1) == quote && at(2) == quote))) {
      position_ += quotes;
      return {TokenKind::kString, line, text_.substr(start, position_ - start)};
    }
    if (at(0) == '\\') ++position_;
    if (at_newline()) {
      take_newline();
    } else if (position_ < text_.size()) {
      ++position_;
    }
  }
  fail(line, "the string is never closed");
}

Token Lexer::take_operator() {
  const std::string_view rest = text_.substr(position_);
  const auto* const found =
      std::find_if(kOperators.begin(), kOperators.end(),
                   [rest](std::string_view candidate) { return rest.starts_with(candidate); });
  if (found == kOperators.end()) {
    if (static_cast<unsigned char>(at(0)) >= 0x80) {
      fail(line_, "found " + describe_byte(at(0)) + "; code outside of strings must be ASCII");
    }
    fail(line_, "unexpected " + describe_byte(at(0)));
  }
  const char c = at(0);
  if (c == '(' || c == '[' || c == '{') brackets_.push_back({c, line_});
  if ((c == ')' || c == ']' || c == '}') && !brackets_.empty()) brackets_.pop_back();
  return take(TokenKind::kOperator, found->size());
}

std::string quote(std::string_view text) {
  std::string quoted(1, '\'');
  quoted.append(text).push_back('\'');
  return quoted;
}

std::string describe(const Token& token) {
  constexpr std::size_t kLongest = 40;
  switch (token.kind) {
    case TokenKind::kString:
      return "a string";
    case TokenKind::kNewline:
      return "end of line";
    case TokenKind::kIndent:
      return "a deeper indentation";
    case TokenKind::kDedent:
      return "the end of the block";
    case TokenKind::kEnd:
      return "end of file";
    default:
      break;
  }
  // Names, numbers and operators are printable ASCII.
  if (token.text.size() <= kLongest) return quote(token.text);
  return quote(std::string(token.text.substr(0, kLongest)) + "...");
}

}  // namespace henson::script
