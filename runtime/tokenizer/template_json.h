// The post-processor of a tokenizer.json: which special tokens stand around texts.
#pragma once

#include <optional>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Fills in the templates, cls and sep, and how offsets are trimmed. Nothing stands for none: texts
/// alone. Needs the vocabulary and the added tokens. Throws kUnsupported for what is not known.
void read_post_processor(const std::optional<JsonValue>& processor, Settings& settings);

}  // namespace henson::tokenizer
