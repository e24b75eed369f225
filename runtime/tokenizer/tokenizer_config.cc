#include "runtime/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/options.h"

namespace henson::tokenizer {
namespace {

using Name = std::pair<const char*, std::optional<std::string> Settings::*>;

constexpr std::int64_t kMaxExtraIds = 100'000;  // of T5

/// What a tokenizer_config.json may have. Those of the second list mean nothing to ids: they are of
/// one call, of Python's classes, or of texts of a chat.
constexpr std::array<std::string_view, 31> kHonoured{"add_prefix_space",
                                                     "added_tokens_decoder",
                                                     "additional_special_tokens",
                                                     "bos_token",
                                                     "clean_text",
                                                     "cls_token",
                                                     "dropout",
                                                     "do_basic_tokenize",
                                                     "do_lower_case",
                                                     "eos_token",
                                                     "extra_ids",
                                                     "extra_special_tokens",
                                                     "keep_accents",
                                                     "legacy",
                                                     "lowercase",
                                                     "mask_token",
                                                     "model_max_length",
                                                     "model_specific_special_tokens",
                                                     "pad_token",
                                                     "padding_side",
                                                     "sep_token",
                                                     "split_by_punct",
                                                     "split_special_tokens",
                                                     "sp_model_kwargs",
                                                     "strip_accents",
                                                     "tokenize_chinese_chars",
                                                     "tokenizer_class",
                                                     "trim_offsets",
                                                     "truncation_side",
                                                     "unk_token",
                                                     "wordpieces_prefix"};
constexpr std::array<std::string_view, 39> kOfNoMeaning{"add_bos_token",
                                                        "add_eos_token",
                                                        "auto_map",
                                                        "backend",
                                                        "chat_template",
                                                        "clean_up_tokenization_spaces",
                                                        "device_map",
                                                        "errors",
                                                        "from_slow",
                                                        "full_tokenizer_file",
                                                        "is_local",
                                                        "local_files_only",
                                                        "max_len",
                                                        "max_length",
                                                        "merges_file",
                                                        "model_input_names",
                                                        "model_type",
                                                        "name_or_path",
                                                        "never_split",
                                                        "pad_to_max_length",
                                                        "pad_to_multiple_of",
                                                        "pad_token_type_id",
                                                        "padding",
                                                        "processor_class",
                                                        "remove_space",
                                                        "return_token_type_ids",
                                                        "revision",
                                                        "sp_model_file",
                                                        "special_tokens_map_file",
                                                        "stride",
                                                        "tokenizer_file",
                                                        "tokenizer_type",
                                                        "torch_dtype",
                                                        "transformers_version",
                                                        "truncation",
                                                        "truncation_strategy",
                                                        "trust_remote_code",
                                                        "use_fast",
                                                        "vocab_file"};

/// In the order in which transformers adds those that a vocabulary does not have. Some have no name
/// in Henson; they are special all the same.
constexpr std::array<Name, 7> kNames{{{"bos_token", nullptr},
                                      {"eos_token", nullptr},
                                      {"unk_token", &Settings::unk},
                                      {"sep_token", &Settings::sep},
                                      {"pad_token", &Settings::pad},
                                      {"cls_token", &Settings::cls},
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
    if (member != nullptr) settings.*member = token.text;
    if (value->json().is_object()) {
      added.push_back(std::move(token));
    } else {
      token.lstrip = is_bpe && member == &Settings::mask;
      plain.push_back(std::move(token));
    }
  }
}

template <typename Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_config(const JsonValue& config, const Settings& settings) {
  config.for_each([&](const std::string& key, const JsonValue& value) {
    if (has(kHonoured, key) || has(kOfNoMeaning, key) || value.json().is_null()) return;
    if (key.ends_with("_token") && value.json().is_string()) return;  // a name of the class's own
    config.unsupported("has \"" + key +
                       "\", which Henson does not know; without it ids may be others");
  });
  const auto refuse_if = [&](const char* key, bool refused, const char* what) {
    const auto value = config.find(key);
    if (value && value->json() == refused) value->unsupported(what);
  };
  refuse_if("split_special_tokens", true, "is true: special tokens would be cut");
  const bool is_plain = part_of_type(settings.pre_tokenizer, "BertPreTokenizer") != nullptr;
  if (is_plain) refuse_if("do_basic_tokenize", false, "is false: words would not be looked for");
  if (const auto dropout = config.find("dropout"); dropout && dropout->json() != 0) {
    dropout->unsupported("makes tokens random");
  }
  const auto sampling = config.find("sp_model_kwargs");
  if (sampling && sampling->json().is_object() &&
      sampling->boolean("enable_sampling").value_or(false)) {
    sampling->unsupported("has enable_sampling: its tokens are random");
  }
}

/// "left" or "right".
bool is_left(const JsonValue& side) {
  const std::string text = side.text();
  if (text != "left" && text != "right") side.damaged("is neither left nor right");
  return text == "left";
}

void read_sides(const JsonValue& config, Settings& settings) {
  if (const auto side = config.find("truncation_side")) {
    settings.truncation_side = is_left(*side) ? TruncationSide::kLeft : TruncationSide::kRight;
  }
  if (const auto side = config.find("padding_side")) is_left(*side);
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
    if (!list) continue;
    if (list->json().is_object()) {  // newer files have names and tokens
      list->for_each([&](const std::string&, const JsonValue& token) {
        added.push_back(read_added_token(token, true));
      });
      continue;
    }
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

std::set<std::string> apply_configs(const std::filesystem::path& folder, Settings& settings) {
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
    if (name != std::string_view("tokenizer_config.json")) continue;
    check_config(file, settings);
    read_options(file, settings);
    read_sides(file, settings);
  }
  add_tokens(settings, added);
  add_unknown(settings, std::move(plain));
  std::set<std::string> described;
  for (AddedToken& token : added) described.insert(std::move(token.text));
  return described;
}

SentencePieceOptions read_sentencepiece_options(const std::filesystem::path& folder,
                                                const TokenizerClass& known) {
  SentencePieceOptions options;
  options.lowers = known.name == "Albert";
  options.keeps_accents = known.name != "Albert";
  const std::filesystem::path path = folder / "tokenizer_config.json";
  if (!file_exists(path)) return options;
  const nlohmann::json json = read_json(path);
  const JsonValue config(json, path.string());
  options.lowers = config.boolean("do_lower_case").value_or(options.lowers);
  options.keeps_accents = config.boolean("keep_accents").value_or(options.keeps_accents);
  options.cuts_punctuation =
      known.name == "DebertaV2" && config.boolean("split_by_punct").value_or(false);
  if (known.name != "T5") return options;
  if (!config.boolean("add_prefix_space").value_or(true)) options.prepend_scheme = "never";
  if (!config.boolean("legacy").value_or(true)) options.prepend_scheme = "first";
  if (const auto count = config.find("extra_ids")) {
    if (count->integer() < 0 || count->integer() > kMaxExtraIds) {
      count->unsupported("is no number that Henson has ids for");
    }
    options.extra_ids = static_cast<int>(count->integer());
  }
  return options;
}

}  // namespace henson::tokenizer
