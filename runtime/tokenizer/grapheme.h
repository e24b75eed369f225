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

/// Whether a code point, right after one of kind `before`, surely begins a grapheme; told without
/// what else is around. So most letters do.
inline bool surely_breaks(GraphemeKind before, char32_t after, GraphemeKind kind) noexcept {
  return kind == GraphemeKind::kOther && after != U'\n' && !is_syllable(after) &&
         before != GraphemeKind::kPrepend;
}

}  // namespace henson::tokenizer
