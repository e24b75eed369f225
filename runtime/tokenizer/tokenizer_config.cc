#include "runtime/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/options.h"

namespace henson::tokenizer {
namespace {

using Name = std::pair<const char*, std::optional<std::string> Settings::*>;

constexpr std::array<Name, 5> kNames{{{"unk_token", &Settings::unk},
                                      {"cls_token", &Settings::cls},
                                      {"sep_token", &Settings::sep},
                                      {"pad_token", &Settings::pad},
                                      {"mask_token", &Settings::mask}}};

/// Options of classes that have a BertNormalizer, and what that calls them.
constexpr std::array<std::pair<const char*, const char*>, 3> kBertOptions{
    {{"do_lower_case", "lowercase"},
     {"strip_accents", "strip_accents"},
     {"tokenize_chinese_chars", "handle_chinese_chars"}}};

/// An id that is the key of an object.
std::int64_t id_of(const std::string& key, const JsonValue& value) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc{} || end != key.data() + key.size()) {
    value.damaged("is the key of an added token; it must be its id");
  }
  return id;
}

/// Special tokens by name: as objects they say how they are looked for; strings go to `plain`, for
/// when nothing else says how.
void read_names(const JsonValue& file, Settings& settings, std::vector<AddedToken>& added,
                std::vector<AddedToken>& plain) {
  const bool is_bpe = settings.kind == Settings::Kind::kBpe;
  for (const auto& [name, member] : kNames) {
    const auto value = file.find(name);
    if (!value) continue;
    AddedToken token = read_added_token(*value, true);
    settings.*member = token.text;
    if (value->json().is_object()) {
      added.push_back(std::move(token));
    } else {
      token.lstrip = is_bpe && member == &Settings::mask;
      plain.push_back(std::move(token));
    }
  }
}

void add_unknown(Settings& settings, std::vector<AddedToken> tokens) {
  std::erase_if(tokens, [&](const AddedToken& token) {
    return std::any_of(settings.added.begin(), settings.added.end(),
                       [&](const AddedToken& known) { return known.text == token.text; });
  });
  add_tokens(settings, tokens);
}

void read_more_special(const JsonValue& file, std::vector<AddedToken>& added) {
  for (const char* name : {"additional_special_tokens", "extra_special_tokens"}) {
    const auto list = file.find(name);
    if (!list || !list->json().is_array()) continue;  // newer files have names and tokens here
    for (std::size_t i = 0; i < list->size(); ++i) {
      added.push_back(read_added_token(list->at(i), true));
    }
  }
}

/// {"50264": {"content": "<mask>", …}, …}, in the order of ids.
void read_decoder(const JsonValue& file, std::vector<AddedToken>& added) {
  const auto decoder = file.find("added_tokens_decoder");
  if (!decoder) return;
  std::map<std::int64_t, AddedToken> tokens;
  decoder->for_each([&](const std::string& key, const JsonValue& value) {
    tokens[id_of(key, value)] = read_added_token(value, false);
  });
  for (auto& [id, token] : tokens) added.push_back(std::move(token));
}

/// {"<new>": 50265, …}, in the order of ids.
void read_added(const JsonValue& file, std::vector<AddedToken>& added) {
  std::vector<std::pair<std::int64_t, std::string>> tokens;
  file.for_each([&](const std::string& key, const JsonValue& value) {
    tokens.emplace_back(value.integer(), key);
  });
  std::sort(tokens.begin(), tokens.end());
  for (auto& [id, text] : tokens) {
    AddedToken token;
    token.text = std::move(text);
    token.special = false;
    token.normalized = true;
    added.push_back(std::move(token));
  }
}

void read_options(const JsonValue& config, Settings& settings) {
  for (const auto& [key, option] : kBertOptions) {
    if (const auto value = config.boolean(key)) set_bert_option(settings, option, value);
  }
  if (const auto adds = config.boolean("add_prefix_space");
      adds && part_of_type(settings.pre_tokenizer, "ByteLevel") != nullptr) {
    set_prefix_space(settings, *adds);
    settings.trim_keeps_prefix = *adds;
  }
  if (const auto trims = config.boolean("trim_offsets");
      trims && settings.kind == Settings::Kind::kBpe) {
    settings.trim_offsets = *trims;
  }
  const auto length = config.find("model_max_length");
  // Files that set no limit write 1e30, as a float or an integer of 31 digits.
  if (length && length->json().is_number_integer() && length->json() > 0 &&
      length->json() < (std::int64_t{1} << 32)) {
    settings.max_length = static_cast<std::size_t>(length->integer());
  }
}

}  // namespace

void apply_configs(const std::filesystem::path& folder, Settings& settings) {
  std::vector<AddedToken> added;
  std::vector<AddedToken> plain;
  if (const auto path = folder / "added_tokens.json"; file_exists(path)) {
    const nlohmann::json json = read_json(path);
    read_added(JsonValue(json, path.string()), added);
  }
  for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"}) {
    const std::filesystem::path path = folder / name;
    if (!file_exists(path)) continue;
    const nlohmann::json json = read_json(path);
    const JsonValue file(json, path.string());
    read_decoder(file, added);
    read_names(file, settings, added, plain);
    read_more_special(file, added);
    read_options(file, settings);
  }
  add_tokens(settings, added);
  add_unknown(settings, std::move(plain));
}

}  // namespace henson::tokenizer
