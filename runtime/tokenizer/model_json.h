// The "model" of a tokenizer.json.
#pragma once

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Fills in the model's kind, vocabulary and options. Throws kUnsupported for models that are not
/// known, and for what makes tokens random.
void read_model(const JsonValue& model, Settings& settings);

}  // namespace henson::tokenizer
