#include "loader/script/token_stream.h"

#include <utility>

#include "henson/error.h"
#include "loader/limits.h"

namespace henson::script {

TokenStream::TokenStream(std::string_view text, std::shared_ptr<const std::string> entry)
    : entry_(std::move(entry)), lexer_(text, entry_), current_(lexer_.next()) {}

const Token& TokenStream::peek() {
  if (!next_) next_ = lexer_.next();
  return *next_;
}

Token TokenStream::take() {
  const Token taken = current_;
  current_ = next_ ? *next_ : lexer_.next();
  next_.reset();
  return taken;
}

bool TokenStream::accept(std::string_view word) {
  const bool found = at(word);
  if (found) take();
  return found;
}

void TokenStream::expect(std::string_view word) {
  if (!accept(word)) fail_expected(quote(word));
}

void TokenStream::expect(TokenKind kind, std::string_view what) {
  if (!at(kind)) fail_expected(what);
  take();
}

std::string TokenStream::take_name(std::string_view what) {
  if (!at(TokenKind::kName)) fail_expected(what);
  return std::string(take().text);
}

std::string TokenStream::take_word(std::string_view what) {
  if (!at_word()) fail_expected(what);
  return std::string(take().text);
}

void TokenStream::fail(std::string message) const { lexer_.fail(line(), std::move(message)); }

void TokenStream::fail_at(std::uint32_t at_line, std::string message) const {
  lexer_.fail(at_line, std::move(message));
}

void TokenStream::fail_expected(std::string_view what) const {
  fail("expected " + std::string(what) + ", found " + describe(current_));
}

void TokenStream::fail_unsupported(std::string_view what) const {
  throw Error(ErrorCode::kUnsupported, std::string(what) + " not supported in code",
              {.entry = *entry_, .offset = std::nullopt, .line = line()});
}

Nesting::Nesting(TokenStream& tokens) : tokens_(tokens) {
  check_depth(tokens, 1);
  ++tokens_.depth_;
}

void check_depth(const TokenStream& tokens, std::size_t height) {
  if (tokens.depth() + height > limits::kMaxScriptDepth) {
    tokens.fail("nested deeper than " + std::to_string(limits::kMaxScriptDepth) + " levels");
  }
}

}  // namespace henson::script
