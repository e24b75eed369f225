// Added tokens as the files write them, and the ids that they get.
#pragma once

#include <span>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// {"content": "<mask>", "lstrip": true, …}, or a string alone. Flags that are not there are false,
/// `special` as given. The id stays 0.
AddedToken read_added_token(const JsonValue& value, bool special);

/// Adds tokens to settings.added; one that is there gets the new flags. Ids are what the Rust
/// tokenizers give: the vocabulary's, or else the next one after all there are, whatever a file
/// says.
void add_tokens(Settings& settings, std::span<const AddedToken> tokens);

}  // namespace henson::tokenizer
