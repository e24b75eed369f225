#include "runtime/tokenizer/files.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "henson/error.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/tokenizer_config.h"
#include "runtime/tokenizer/tokenizer_json.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

/// The file that says most.
std::filesystem::path vocabulary_in(const std::filesystem::path& folder) {
  for (const char* name : {"tokenizer.json", "vocab.json", "vocab.txt"}) {
    if (file_exists(folder / name)) return folder / name;
  }
  throw Error(ErrorCode::kNotFound,
              folder.string() + " has no tokenizer.json, vocab.json or vocab.txt");
}

}  // namespace

bool file_exists(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

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
  settings.normalizer = {{"type", "BertNormalizer"}};
  settings.pre_tokenizer = {{"type", "BertPreTokenizer"}};
  settings.decoder = {{"type", "WordPiece"}};
  std::string_view rest = bytes;
  for (std::int64_t id = 0; !rest.empty(); ++id) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    settings.vocabulary.add(without_line_end(rest.substr(0, end)), id);
    rest.remove_prefix(end);
  }
  return settings;
}

Settings read_settings(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return read_settings(vocabulary_in(path));
  const std::string name = path.filename().string();
  if (name.ends_with("merges.txt")) {
    throw Error(ErrorCode::kUnsupported,
                path.string() + " has merges alone; open the vocab.json beside it");
  }
  if (name.ends_with(".json") && !name.ends_with("vocab.json")) {
    Settings settings = read_tokenizer_json(path);
    apply_configs(path.parent_path(), settings);
    return settings;
  }
  const bool is_bpe = name.ends_with("vocab.json");
  Settings settings = is_bpe ? read_vocab_json(path) : read_vocab_txt(path);
  apply_configs(path.parent_path(), settings);
  if (is_bpe) {
    use_roberta_defaults(settings);
  } else {
    use_bert_defaults(settings);
  }
  return settings;
}

}  // namespace henson::tokenizer
