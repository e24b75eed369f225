// What lies beside a vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
#pragma once

#include <filesystem>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Puts what these files of a folder say into `settings`, over what is there; files that are absent
/// change nothing. Needs settings.kind and settings.vocabulary. Templates stay as they are.
/// Throws kBadArchive for damaged files.
void apply_configs(const std::filesystem::path& folder, Settings& settings);

}  // namespace henson::tokenizer
