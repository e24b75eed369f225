// Splits TorchScript into tokens, with Python's rules for lines, indentation and brackets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace henson::script {

enum class TokenKind : std::uint8_t {
  kName,
  kKeyword,    // a word that Python reserves
  kInt,        // digits
  kFloat,      // with a point or an exponent
  kImaginary,  // a number with its j
  kString,     // with its quotes and escapes, as written
  kOperator,   // brackets and punctuation too
  kNewline,    // the end of a logical line
  kIndent,
  kDedent,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t line = 0;
  std::string_view text;  // of the source; empty for kNewline, kIndent, kDedent, kEnd

  /// Whether this is the given operator or keyword.
  bool is(std::string_view word) const noexcept {
    return (kind == TokenKind::kOperator || kind == TokenKind::kKeyword) && text == word;
  }
};

/// Makes tokens on demand, in one pass. `text` must outlive the lexer and its tokens. next() throws
/// henson::Error (kBadArchive, with entry and line).
class Lexer {
 public:
  Lexer(std::string_view text, std::shared_ptr<const std::string> entry);

  /// The next token; kEnd again and again at the end. Every file ends with kNewline (unless it is
  /// empty), its dedents and kEnd, as if its last line had an end.
  Token next();

  [[noreturn]] void fail(std::uint32_t line, std::string message) const;

 private:
  struct Indent {
    std::size_t column = 0;        // tabs reach the next multiple of eight
    std::size_t plain_column = 0;  // tabs count as one: the two disagree when tabs and spaces mix
  };
  struct Bracket {
    char open;
    std::uint32_t line;
  };

  char at(std::size_t offset) const noexcept;
  bool at_newline() const noexcept;
  void take_newline();
  void skip_comment();
  void skip_blanks();
  Indent skip_to_code();
  void compare_indent(const Indent& indent);
  Token take(TokenKind kind, std::size_t bytes);
  Token take_end();
  Token take_word();
  Token take_number();
  Token take_string();
  Token take_operator();

  std::string_view text_;
  std::shared_ptr<const std::string> entry_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  bool at_line_start_ = true;
  bool in_line_ = false;     // a token of the current logical line was given
  bool indented_ = false;    // a kIndent is due
  std::size_t dedents_ = 0;  // that are due
  std::vector<Indent> indents_{Indent{}};
  std::vector<Bracket> brackets_;  // open ones: within them lines and indentation mean nothing
};

/// The text within single quotes, for a message.
std::string quote(std::string_view text);

/// How a message names a token: "'else'", "end of line", …
std::string describe(const Token& token);

}  // namespace henson::script
