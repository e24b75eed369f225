// What a reader takes for one character: letters with their marks, syllables, joined pictures.
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/tokenizer/unicode.h"

namespace henson::tokenizer {

/// Of Hangul.
constexpr bool is_syllable(char32_t code) noexcept { return code >= 0xAC00 && code < 0xD7A4; }

/// The end of the grapheme that begins at `at`: an extended grapheme cluster of UAX #29, but that
/// two regional indicators, a flag, are two.
std::size_t grapheme_end(std::string_view text, std::size_t at);

/// Whether `after` surely is of another grapheme than `before`, which stands right before it; told
/// without what else is around. So it is of most letters.
inline bool surely_breaks(const Unicode& unicode, char32_t before, char32_t after) noexcept {
  return after != U'\n' && unicode.grapheme_kind(after) == GraphemeKind::kOther &&
         !is_syllable(after) && unicode.grapheme_kind(before) != GraphemeKind::kPrepend;
}

}  // namespace henson::tokenizer
