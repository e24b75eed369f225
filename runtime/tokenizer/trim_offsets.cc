#include "runtime/tokenizer/trim_offsets.h"

#include <cstddef>

#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

bool is_space(char32_t code) noexcept {
  return code == character_of_byte(' ') || Unicode::table().is(CodePointSet::kWhite, code);
}

std::size_t leading_spaces(std::string_view token) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < token.size(); ++count) {
    const Decoded character = decode_utf8(token, at);
    if (!is_space(character.code)) break;
    at += character.length;
  }
  return count;
}

/// The start of the character that ends at `end`, above 0.
std::size_t character_before(std::string_view text, std::size_t end) noexcept {
  do --end;
  while (end > 0 && !starts_code_point(text[end]));
  return end;
}

std::size_t trailing_spaces(std::string_view token) noexcept {
  std::size_t count = 0;
  for (std::size_t end = token.size(); end > 0; ++count) {
    end = character_before(token, end);
    if (!is_space(decode_utf8(token, end).code)) break;
  }
  return count;
}

}  // namespace

ByteRange trim_offsets(std::string_view text, ByteRange range, std::string_view token,
                       bool keeps_prefix) noexcept {
  std::size_t leading = leading_spaces(token);
  if (keeps_prefix && leading == 1) leading = 0;
  std::size_t begin = range.begin;
  std::size_t end = range.end;
  for (; leading > 0 && begin < end; --leading) begin += decode_utf8(text, begin).length;
  for (std::size_t trailing = trailing_spaces(token); trailing > 0 && end > begin; --trailing) {
    end = character_before(text, end);
  }
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace henson::tokenizer
