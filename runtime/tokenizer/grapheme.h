// What a reader takes for one character: letters with their marks, syllables, joined pictures.
#pragma once

#include <cstddef>
#include <string_view>

namespace henson::tokenizer {

/// The end of the grapheme that begins at `at`: an extended grapheme cluster of UAX #29, but that
/// two regional indicators, a flag, are two.
std::size_t grapheme_end(std::string_view text, std::size_t at);

/// Whether `after` surely is of another grapheme than `before`, which stands right before it; told
/// without what else is around. Of most letters.
bool surely_breaks(char32_t before, char32_t after) noexcept;

}  // namespace henson::tokenizer
