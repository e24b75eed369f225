// The files that tokenizers are kept in. All are read as untrusted input.
#pragma once

#include <cstddef>
#include <filesystem>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Larger files are refused: the largest vocabularies known have a tenth of this.
inline constexpr std::size_t kMaxFileSize = std::size_t{256} << 20;

/// The bytes of a file. Throws kNotFound, and kUnsupported beyond kMaxFileSize.
std::string read_file(const std::filesystem::path& path);

/// WordPiece with BERT's defaults: a token a line, the number of the line its id.
Settings read_vocab_txt(const std::filesystem::path& path);

/// Whatever Tokenizer::open names. Throws as it does.
Settings read_settings(const std::filesystem::path& path);

}  // namespace henson::tokenizer
