// What lies beside a vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_class.h"

namespace henson::tokenizer {

/// Puts what these files of a folder say into `settings`, over what is there; files that are absent
/// change nothing. Needs settings.kind and settings.vocabulary. Templates stay as they are. Gives
/// the texts of the added tokens that they describe, not only name.
/// Throws kBadArchive for damaged files, and kUnsupported for what is not known or cannot be.
std::set<std::string> apply_configs(const std::filesystem::path& folder, Settings& settings);

/// Options of classes that are kept in SentencePiece's files.
struct SentencePieceOptions {
  bool lowers = false;
  bool keeps_accents = true;
  bool cuts_punctuation = false;
  const char* prepend_scheme = "always";  // Metaspace's
  int extra_ids = 100;                    // of T5
};

/// What tokenizer_config.json says of them; as the class has them where it says nothing.
SentencePieceOptions read_sentencepiece_options(const std::filesystem::path& folder,
                                                const TokenizerClass& tokenizer_class);

}  // namespace henson::tokenizer
