#include "runtime/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/model_json.h"
#include "runtime/tokenizer/template_json.h"

namespace henson::tokenizer {
namespace {

void read_added(const JsonValue& file, Settings& settings) {
  const auto list = file.find("added_tokens");
  if (!list) return;
  std::vector<AddedToken> tokens;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const JsonValue token = list->at(i);
    token.only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    tokens.push_back(read_added_token(token, false));
  }
  add_tokens(settings, tokens);
}

template <typename Value>
Value choice(const JsonValue& object, const char* key, Value otherwise,
             const std::map<std::string, Value, std::less<>>& values) {
  const auto value = object.find(key);
  if (!value) return otherwise;
  const auto found = values.find(value->text());
  if (found == values.end()) value->unsupported("is " + value->text());
  return found->second;
}

std::size_t count_of(const JsonValue& object, const char* key) {
  const std::int64_t count = object.integer(key).value_or(0);
  if (count < 0) object.damaged(std::string("has a negative ") + key);
  return static_cast<std::size_t>(count);
}

void read_truncation(const JsonValue& file, Settings& settings) {
  const auto truncation = file.find("truncation");
  if (!truncation) return;
  truncation->only({"direction", "max_length", "strategy", "stride"});
  settings.truncation.max_length = count_of(*truncation, "max_length");
  settings.truncation.stride = count_of(*truncation, "stride");
  settings.truncation.strategy =
      choice<Truncation>(*truncation, "strategy", Truncation::kLongestFirst,
                         {{"LongestFirst", Truncation::kLongestFirst},
                          {"OnlyFirst", Truncation::kOnlyFirst},
                          {"OnlySecond", Truncation::kOnlySecond}});
  settings.truncation_side =
      choice<TruncationSide>(*truncation, "direction", TruncationSide::kRight,
                             {{"Right", TruncationSide::kRight}, {"Left", TruncationSide::kLeft}});
  if (settings.truncation.max_length == 0) truncation->unsupported("leaves nothing of a text");
}

/// Padding is the business of whoever makes a batch: an encoding has none. What the section says of
/// its token is worth to know.
void read_padding(const JsonValue& file, Settings& settings) {
  const auto padding = file.find("padding");
  if (!padding) return;
  padding->only(
      {"strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"});
  choice<bool>(*padding, "direction", true, {{"Right", true}, {"Left", false}});
  settings.pad = padding->text("pad_token");
}

bool is_known(const Settings& settings, std::string_view token) {
  return settings.vocabulary.id(token) ||
         std::any_of(settings.added.begin(), settings.added.end(),
                     [&](const AddedToken& added) { return added.text == token; });
}

/// The file does not name these tokens; those of BERT and RoBERTa are known by their text.
void name_tokens(Settings& settings) {
  const bool is_bert = settings.kind == Settings::Kind::kWordPiece;
  const auto name = [&](std::optional<std::string>& token, const char* bert, const char* roberta) {
    if (token && is_known(settings, *token)) return;
    token.reset();
    for (const char* text : {is_bert ? bert : roberta, is_bert ? roberta : bert}) {
      if (!token && is_known(settings, text)) token = text;
    }
  };
  name(settings.unk, "[UNK]", "<unk>");
  name(settings.cls, "[CLS]", "<s>");
  name(settings.sep, "[SEP]", "</s>");
  name(settings.pad, "[PAD]", "<pad>");
  name(settings.mask, "[MASK]", "<mask>");
}

nlohmann::json json_of(const JsonValue& file, const char* key) {
  const auto value = file.find(key);
  return value ? value->json() : nlohmann::json();
}

}  // namespace

Settings read_tokenizer_json(const nlohmann::json& json, const std::string& source) {
  const JsonValue file(json, source);
  Settings settings;
  settings.source = source;
  file.only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
             "post_processor", "decoder", "model"});
  if (const auto version = file.text("version"); version && *version != "1.0") {
    file.unsupported("has the version " + *version + "; Henson knows 1.0");
  }
  read_model(file.at("model"), settings);
  settings.normalizer = json_of(file, "normalizer");
  settings.pre_tokenizer = json_of(file, "pre_tokenizer");
  settings.decoder = json_of(file, "decoder");
  read_added(file, settings);
  read_post_processor(file.find("post_processor"), settings);
  read_truncation(file, settings);
  read_padding(file, settings);
  name_tokens(settings);
  return settings;
}

Settings read_tokenizer_json(const std::filesystem::path& path) {
  return read_tokenizer_json(read_json(path), path.string());
}

}  // namespace henson::tokenizer
