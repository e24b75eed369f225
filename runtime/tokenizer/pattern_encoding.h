// The encoding of texts for regular expressions.
#pragma once

#include <oniguruma.h>

namespace henson::tokenizer {

/// UTF-8, with the properties of code points that the Rust tokenizers' Oniguruma knows, where the
/// installed one is older: \p{…}, \w, [[:alpha:]], \b and (?i) are as theirs.
OnigEncoding pattern_encoding();

}  // namespace henson::tokenizer
