// The files that tokenizers are kept in. All are read as untrusted input.
#pragma once

#include <cstddef>
#include <filesystem>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Larger files are refused: the largest vocabularies known have a tenth of this.
inline constexpr std::size_t kMaxFileSize = std::size_t{256} << 20;

/// Whether there is something of that name. Throws nothing.
bool file_exists(const std::filesystem::path& path) noexcept;

/// The bytes of a file. Throws kNotFound, and kUnsupported beyond kMaxFileSize.
std::string read_file(const std::filesystem::path& path);

/// WordPiece: a token a line, the number of the line its id. Without special tokens and templates.
Settings read_vocab_txt(const std::filesystem::path& path);

/// Whatever Tokenizer::open names. Throws as it does.
Settings read_settings(const std::filesystem::path& path);

}  // namespace henson::tokenizer
