#include "runtime/tokenizer/added_token_search.h"

#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

/// The code point that ends at `end`, above 0.
Decoded code_point_before(std::string_view text, std::size_t end) noexcept {
  std::size_t begin = end - 1;
  while (begin > 0 && !starts_code_point(text[begin])) --begin;
  return decode_utf8(text, begin);
}

bool is_white(char32_t code) noexcept { return Unicode::table().is(CodePointSet::kWhite, code); }

}  // namespace

AddedTokenSearch::AddedTokenSearch(std::span<const AddedToken> tokens) {
  for (const AddedToken& token : tokens) {
    if (token.text.empty()) continue;
    first_byte_.set(static_cast<unsigned char>(token.text.front()));
    trie_.add(token.text, static_cast<std::int32_t>(tokens_.size()));
    tokens_.push_back(token);
  }
}

AddedTokenSearch::Found AddedTokenSearch::next(std::string_view text,
                                               std::size_t at) const noexcept {
  for (; at < text.size(); ++at) {
    if (!first_byte_[static_cast<unsigned char>(text[at])]) continue;
    const Trie::Match match = trie_.longest(Trie::kRoot, text.substr(at));
    if (match.value < 0) continue;
    return {at, at + match.length, &tokens_[static_cast<std::size_t>(match.value)]};
  }
  return {};
}

bool AddedTokenSearch::stands_alone(std::string_view text, const Found& found) noexcept {
  if (!found.token->single_word) return true;
  if (found.begin > 0 && is_word_character(code_point_before(text, found.begin).code)) return false;
  return found.end == text.size() || !is_word_character(decode_utf8(text, found.end).code);
}

std::size_t AddedTokenSearch::spaces_before(std::string_view text, std::size_t end) noexcept {
  std::size_t begin = end;
  while (begin > 0) {
    const Decoded character = code_point_before(text, begin);
    if (!is_white(character.code)) break;
    begin -= character.length;
  }
  return end - begin;
}

std::size_t AddedTokenSearch::spaces_after(std::string_view text, std::size_t begin) noexcept {
  std::size_t end = begin;
  while (end < text.size()) {
    const Decoded character = decode_utf8(text, end);
    if (!is_white(character.code)) break;
    end += character.length;
  }
  return end - begin;
}

}  // namespace henson::tokenizer
