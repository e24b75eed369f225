// What lies beside a vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
#pragma once

#include <filesystem>

#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_class.h"

namespace henson::tokenizer {

/// Puts what these files of a folder say into `settings`, over what is there; files that are absent
/// change nothing. Needs settings.kind and settings.vocabulary. Templates stay as they are.
/// Throws kBadArchive for damaged files, and kUnsupported for what is not known or cannot be.
void apply_configs(const std::filesystem::path& folder, Settings& settings);

/// Options of classes that are kept in SentencePiece's files: lower case, accents, punctuation. As
/// their classes have them where tokenizer_config.json says nothing.
void apply_sentencepiece_options(const std::filesystem::path& folder,
                                 const TokenizerClass& tokenizer_class, Settings& settings);

}  // namespace henson::tokenizer
