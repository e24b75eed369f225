// What callers and tokenizer_config.json set over what a tokenizer.json says.
#pragma once

#include <optional>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Throws kBadInput for options that the tokenizer has nothing for.
void apply_options(const TokenizerOptions& options, Settings& settings);

/// Sets a member of the BertNormalizer, where there is one.
void set_bert_option(Settings& settings, const char* key, std::optional<bool> value);
/// Sets whether ByteLevel puts a space before texts, where there is one.
void set_prefix_space(Settings& settings, bool value);

}  // namespace henson::tokenizer
