// tokenizer.json, where it describes WordPiece as BERT has it or byte-level BPE.
#pragma once

#include <filesystem>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// All that the file says but `truncation` and `padding`, which are for calls. Throws kBadArchive
/// for damaged files, and kUnsupported, by their names, for other models, normalizers and the rest.
Settings read_tokenizer_json(const std::filesystem::path& path);

}  // namespace henson::tokenizer
