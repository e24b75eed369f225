#include "runtime/tokenizer/files.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "henson/error.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/sentencepiece_file.h"
#include "runtime/tokenizer/tokenizer_class.h"
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
  for (const char* name : {"tokenizer.json", "sentencepiece.bpe.model", "spiece.model", "spm.model",
                           "sentencepiece.model", "vocab.json", "vocab.txt"}) {
    if (file_exists(folder / name)) return folder / name;
  }
  throw Error(ErrorCode::kNotFound,
              folder.string() +
                  " has no tokenizer.json, vocab.json or vocab.txt, nor a model of "
                  "SentencePiece");
}

[[noreturn]] void refuse_class(const std::filesystem::path& path, const TokenizerClass& known) {
  throw Error(ErrorCode::kUnsupported, path.string() + ": the class " + std::string(known.name) +
                                           "Tokenizer is not kept in such a file, as far as Henson "
                                           "knows; a tokenizer.json would do");
}

/// Where no file names the class, the model's name does.
TokenizerClass class_of(const std::filesystem::path& path, const SentencePieceModel& model) {
  const std::string name = path.filename().string();
  if (name == "sentencepiece.bpe.model") return class_named("XLMRoberta");
  if (name == "spm.model") return class_named("DebertaV2");
  const bool is_albert =
      std::any_of(model.pieces.begin(), model.pieces.end(),
                  [](const SentencePiece& piece) { return piece.text == "[CLS]"; });
  if (name == "spiece.model" && is_albert) return class_named("Albert");
  throw Error(ErrorCode::kUnsupported,
              path.string() +
                  ": no file beside it says of which class the tokenizer is; a "
                  "tokenizer_config.json with its tokenizer_class would");
}

Settings read_sentencepiece_model(const std::filesystem::path& path,
                                  const std::optional<TokenizerClass>& named) {
  const SentencePieceModel model = read_sentencepiece(path);
  const TokenizerClass known = named ? *named : class_of(path, model);
  if (!has_sentencepiece(known)) refuse_class(path, known);
  const std::filesystem::path folder = path.parent_path();
  Settings settings = settings_of(model, known, read_sentencepiece_options(folder, known), path);
  use_class_defaults(known, apply_configs(folder, settings), settings);
  return settings;
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
    read_tokenizer_class(path.parent_path());  // one that must be refused
    apply_configs(path.parent_path(), settings);
    return settings;
  }
  const std::optional<TokenizerClass> named = read_tokenizer_class(path.parent_path());
  if (name.ends_with(".model")) return read_sentencepiece_model(path, named);
  const bool is_bpe = name.ends_with("vocab.json");
  Settings settings = is_bpe ? read_vocab_json(path) : read_vocab_txt(path);
  const std::set<std::string> described = apply_configs(path.parent_path(), settings);
  const TokenizerClass known = named ? *named : class_named(is_bpe ? "Roberta" : "Bert");
  if (!(is_bpe ? has_vocab_json(known) : has_vocab_txt(known))) refuse_class(path, known);
  if (known.scheme != TokenizerClass::Scheme::kRoberta) settings.trim_offsets = false;
  use_class_defaults(known, described, settings);
  return settings;
}

}  // namespace henson::tokenizer
