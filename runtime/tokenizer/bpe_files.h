// vocab.json and merges.txt, as RoBERTa and GPT-2 have them.
#pragma once

#include <filesystem>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// {"token": id, …} into settings.vocabulary.
void read_vocabulary(const JsonValue& tokens, Settings& settings);

/// One merge, "Ġ w". Throws kBadArchive when it is not two tokens; `place` names it.
void add_merge(std::string_view line, const std::string& place, Settings& settings);

/// A vocab.json and the merges.txt beside it, without special tokens and templates.
Settings read_vocab_json(const std::filesystem::path& path);

}  // namespace henson::tokenizer
