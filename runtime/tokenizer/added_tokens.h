// Added tokens as the files write them, and the ids that they get.
#pragma once

#include <span>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// {"content": "<mask>", "lstrip": true, …}, or a string alone. Flags that are not there are false,
/// `special` as given. The id stays 0.
AddedToken read_added_token(const JsonValue& value, bool special);

/// Adds tokens to settings.added; one that is there gets the new flags. As in the Rust tokenizers:
/// ids are the vocabulary's, or else the next one after all there are, whatever a file says; one
/// that was special stays so, and is looked for where it was at first; one that was not may be
/// looked for in both texts.
void add_tokens(Settings& settings, std::span<const AddedToken> tokens);

}  // namespace henson::tokenizer
