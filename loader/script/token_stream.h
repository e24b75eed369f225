// The tokens of a code entry as a parser wants them: one to look at, one to peek at, and its
// errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "loader/script/lexer.h"

namespace henson::script {

/// Throws henson::Error (with entry and line) for what it does not find.
class TokenStream {
 public:
  /// `text` must outlive the stream and its tokens.
  TokenStream(std::string_view text, std::shared_ptr<const std::string> entry);

  const Token& current() const noexcept { return current_; }
  /// The token after the current one.
  const Token& peek();
  std::uint32_t line() const noexcept { return current_.line; }
  const std::shared_ptr<const std::string>& entry() const noexcept { return entry_; }

  Token take();
  bool at(std::string_view word) const noexcept { return current_.is(word); }
  bool at(TokenKind kind) const noexcept { return current_.kind == kind; }
  /// A name or a keyword: where only a name can stand, PyTorch may print one that Python reserves.
  bool at_word() const noexcept { return at(TokenKind::kName) || at(TokenKind::kKeyword); }
  /// Takes the current token if it is `word`.
  bool accept(std::string_view word);
  void expect(std::string_view word);
  void expect(TokenKind kind, std::string_view what);
  std::string take_name(std::string_view what);
  std::string take_word(std::string_view what);

  [[noreturn]] void fail(std::string message) const;
  [[noreturn]] void fail_at(std::uint32_t line, std::string message) const;
  [[noreturn]] void fail_expected(std::string_view what) const;
  /// Of Python that Henson does not parse: `what` is or are "not supported".
  [[noreturn]] void fail_unsupported(std::string_view what) const;

  /// Blocks and expressions around the current token.
  std::size_t depth() const noexcept { return depth_; }

 private:
  friend class Nesting;

  std::shared_ptr<const std::string> entry_;
  Lexer lexer_;
  Token current_;
  std::optional<Token> next_;
  std::size_t depth_ = 0;
};

/// Stands for one block or expression while it is parsed. Throws when there are too many.
class Nesting {
 public:
  explicit Nesting(TokenStream& tokens);
  ~Nesting() { --tokens_.depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  TokenStream& tokens_;
};

/// Throws henson::Error if `height` more levels below the current one are too many.
void check_depth(const TokenStream& tokens, std::size_t height);

}  // namespace henson::script
