// Compares a tokenizer with what the Rust ones gave (tests/tokenizer/golden.py).
#pragma once

#include <string>

#include "henson/tokenizer.h"

namespace henson {

/// The folder of a recorded tokenizer: tests/tokenizer/NAME.
std::string golden_folder(const std::string& name);

/// Ids, offsets and words of each line.
void expect_golden_tokens(const Tokenizer& tokenizer, const std::string& name);
void expect_golden_texts(const Tokenizer& tokenizer, const std::string& name);
/// Special tokens, pairs, truncation and windows.
void expect_golden_sequences(const Tokenizer& tokenizer, const std::string& name);

}  // namespace henson
