#include "runtime/tokenizer/bpe_files.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "henson/error.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

constexpr std::int64_t kMaxMissing = 1 << 20;  // ids without a token: they take memory, too

void read_merges(const std::filesystem::path& path, Settings& settings) {
  const std::string bytes = read_file(path);
  if (!is_utf8(bytes)) throw Error(ErrorCode::kBadArchive, path.string() + " is not UTF-8");
  std::string_view rest = bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    if (line.empty() && rest.empty()) continue;
    add_merge(line, path.string() + ": line " + std::to_string(number), settings);
  }
}

}  // namespace

void read_vocabulary(const JsonValue& tokens, Settings& settings) {
  const std::int64_t end = static_cast<std::int64_t>(tokens.json().size()) + kMaxMissing;
  tokens.for_each([&](const std::string& token, const JsonValue& value) {
    const std::int64_t id = value.integer();
    if (id < 0 || id >= std::min(end, kMaxTokens)) value.damaged("has an id out of range");
    settings.vocabulary.add(token, id);
  });
  if (settings.vocabulary.size() == 0) tokens.damaged("has no tokens");
}

void add_merge(std::string_view line, const std::string& place, Settings& settings) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
    throw Error(ErrorCode::kBadArchive, place + " is not two tokens with a space between them");
  }
  settings.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
}

Settings read_vocab_json(const std::filesystem::path& path) {
  Settings settings;
  settings.kind = Settings::Kind::kBpe;
  settings.source = path.string();
  settings.pre_tokenizer = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  settings.decoder = {{"type", "ByteLevel"}};
  settings.trim_offsets = true;
  const nlohmann::json json = read_json(path);
  read_vocabulary(JsonValue(json, path.string()), settings);
  const std::filesystem::path merges = path.parent_path() / "merges.txt";
  if (!file_exists(merges)) {
    throw Error(ErrorCode::kNotFound, path.string() + " needs its merges.txt beside it");
  }
  read_merges(merges, settings);
  return settings;
}

}  // namespace henson::tokenizer
