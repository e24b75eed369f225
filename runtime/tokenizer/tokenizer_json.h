// tokenizer.json.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// All that the file says. Throws kBadArchive for damaged files, and kUnsupported, by their names,
/// for models and members that are not known. The pipeline's parts are kept as they are: whoever
/// makes it of them says what is wrong with them.
Settings read_tokenizer_json(const std::filesystem::path& path);
/// The same of what is read; `source` is for messages.
Settings read_tokenizer_json(const nlohmann::json& json, const std::string& source);

}  // namespace henson::tokenizer
