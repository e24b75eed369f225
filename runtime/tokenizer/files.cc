#include "runtime/tokenizer/files.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

#include "loader/error.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!file || error) {
    throw Error(ErrorCode::kNotFound, "cannot read " + path.string());
  }
  if (size > kMaxFileSize) {
    throw Error(ErrorCode::kUnsupported, path.string() + " has " + std::to_string(size) +
                                             " bytes; a tokenizer's file may have " +
                                             std::to_string(kMaxFileSize));
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Settings read_vocab_txt(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  if (!is_utf8(bytes)) {
    throw Error(ErrorCode::kBadArchive, path.string() + " is not UTF-8, as vocabularies are");
  }
  Settings settings;
  settings.kind = Settings::Kind::kWordPiece;
  settings.source = path.string();
  std::string_view rest = bytes;
  for (std::int64_t id = 0; !rest.empty(); ++id) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    settings.vocabulary.add(without_line_end(rest.substr(0, end)), id);
    rest.remove_prefix(end);
  }
  use_bert_defaults(settings);
  return settings;
}

Settings read_settings(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return read_settings(path / "vocab.txt");
  return read_vocab_txt(path);
}

}  // namespace henson::tokenizer
