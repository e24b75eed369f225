// Unicode's normalization forms.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/normalized_text.h"

namespace henson::tokenizer {

enum class UnicodeForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// Brings a text into a form, with the sources that the Rust tokenizers give: after marks changed
/// places, or became part of a letter, these may be those of a neighbour.
void normalize(UnicodeForm form, NormalizedText& text);

}  // namespace henson::tokenizer
