#include "runtime/tokenizer/tokenizer_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/template_json.h"

namespace henson::tokenizer {
namespace {

using Kind = Settings::Kind;

constexpr const char* kKnown =
    "; Henson knows WordPiece with BertNormalizer and BertPreTokenizer, and byte-level BPE";

std::string type_of(const JsonValue& part) { return part.at("type").text(); }

/// `part` is of one type, or refused by the name of what it is.
void need_type(const JsonValue& part, std::string_view type) {
  const std::string found = type_of(part);
  if (found != type) part.unsupported("is " + found + kKnown);
}

void refuse_text(const JsonValue& model, const char* key) {
  const auto value = model.text(key);
  if (value && !value->empty()) {
    model.unsupported(std::string("has the ") + key + " \"" + *value + "\"" + kKnown);
  }
}

/// Files of 2020 do not say of what type the model is.
std::string model_type(const JsonValue& model) {
  if (model.find("type")) return type_of(model);
  if (model.find("merges")) return "BPE";
  return model.find("max_input_chars_per_word") ? "WordPiece" : "of no known type";
}

void read_word_piece(const JsonValue& model, Settings& settings) {
  settings.kind = Kind::kWordPiece;
  settings.unk = model.text("unk_token").value_or("[UNK]");
  settings.continuing_prefix = model.text("continuing_subword_prefix").value_or("##");
  const std::int64_t length = model.integer("max_input_chars_per_word").value_or(100);
  if (length < 0) model.damaged("has a negative max_input_chars_per_word");
  settings.max_word_length = static_cast<std::size_t>(length);
  read_vocabulary(model.at("vocab"), settings);
}

/// ["Ġ w", …], or [["Ġ", "w"], …] in newer files.
void read_merges(const JsonValue& merges, Settings& settings) {
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const JsonValue merge = merges.at(i);
    if (merge.json().is_string()) {
      add_merge(merge.text(), settings.source + ": model.merges[" + std::to_string(i) + "]",
                settings);
    } else {
      if (merge.size() != 2) merge.damaged("is not two tokens");
      settings.merges.emplace_back(merge.at(std::size_t{0}).text(), merge.at(1).text());
    }
  }
}

void read_bpe(const JsonValue& model, Settings& settings) {
  settings.kind = Kind::kByteLevelBpe;
  refuse_text(model, "continuing_subword_prefix");
  refuse_text(model, "end_of_word_suffix");
  if (model.boolean("byte_fallback").value_or(false)) {
    model.unsupported(std::string("is BPE with byte_fallback") + kKnown);
  }
  if (const auto dropout = model.find("dropout"); dropout && dropout->json() != 0) {
    model.unsupported("has dropout: its tokens are random");
  }
  settings.unknown_byte = model.text("unk_token");
  settings.unk = settings.unknown_byte;
  settings.fuse_unknown = model.boolean("fuse_unk").value_or(false);
  settings.words_before_merges = model.boolean("ignore_merges").value_or(false);
  read_vocabulary(model.at("vocab"), settings);
  read_merges(model.at("merges"), settings);
}

void read_model(const JsonValue& file, Settings& settings) {
  const JsonValue model = file.at("model");
  const std::string type = model_type(model);
  // What comes before tells SentencePiece's BPE, and other BPE of Unicode, from byte-level BPE.
  if (const auto before = file.find("pre_tokenizer"); before && type == "BPE") {
    need_type(*before, "ByteLevel");
  }
  if (type == "WordPiece") {
    read_word_piece(model, settings);
  } else if (type == "BPE") {
    if (!file.find("pre_tokenizer"))
      model.unsupported(std::string("is BPE of characters") + kKnown);
    read_bpe(model, settings);
  } else {
    model.unsupported("is " + type + kKnown);
  }
}

void read_bert_normalizer(const std::optional<JsonValue>& normalizer, Settings& settings) {
  if (normalizer) need_type(*normalizer, "BertNormalizer");
  const bool all = normalizer.has_value();  // without one the text stays as it is
  const auto flag = [&](const char* key) { return all && normalizer->boolean(key).value_or(true); };
  settings.clean_text = flag("clean_text");
  settings.tokenize_cjk = flag("handle_chinese_chars");
  settings.lower_case = flag("lowercase");
  settings.strip_accents = all ? normalizer->boolean("strip_accents") : false;
}

void read_word_piece_parts(const JsonValue& file, Settings& settings) {
  read_bert_normalizer(file.find("normalizer"), settings);
  need_type(file.at("pre_tokenizer"), "BertPreTokenizer");
  const auto decoder = file.find("decoder");
  if (!decoder) return;
  need_type(*decoder, "WordPiece");
  settings.clean_up_decoded = decoder->boolean("cleanup").value_or(true);
  if (decoder->text("prefix").value_or("##") != settings.continuing_prefix) {
    decoder->unsupported("has another prefix than the model");
  }
}

void read_bpe_parts(const JsonValue& file, Settings& settings) {
  if (const auto normalizer = file.find("normalizer")) {
    normalizer->unsupported("is " + type_of(*normalizer) + ", and byte-level BPE has none" +
                            kKnown);
  }
  const JsonValue before = file.at("pre_tokenizer");
  settings.add_prefix_space = before.boolean("add_prefix_space").value_or(true);
  if (!before.boolean("use_regex").value_or(true)) {
    before.unsupported(std::string("is ByteLevel without GPT-2's pattern") + kKnown);
  }
  if (const auto decoder = file.find("decoder")) need_type(*decoder, "ByteLevel");
}

void read_added(const JsonValue& file, Settings& settings) {
  const auto list = file.find("added_tokens");
  if (!list) return;
  std::vector<AddedToken> tokens;
  for (std::size_t i = 0; i < list->size(); ++i) {
    tokens.push_back(read_added_token(list->at(i), false));
  }
  add_tokens(settings, tokens);
}

bool is_known(const Settings& settings, std::string_view token) {
  if (settings.vocabulary.id(token)) return true;
  for (const AddedToken& added : settings.added) {
    if (added.text == token) return true;
  }
  return false;
}

/// The file does not name these tokens; those of BERT and RoBERTa are known by their text.
void name_tokens(Settings& settings) {
  const bool is_bert = settings.kind == Kind::kWordPiece;
  const auto name = [&](std::optional<std::string>& token, const char* bert, const char* roberta) {
    const char* text = is_bert ? bert : roberta;
    if (!token && is_known(settings, text)) token = text;
  };
  name(settings.unk, "[UNK]", "<unk>");
  name(settings.cls, "[CLS]", "<s>");
  name(settings.sep, "[SEP]", "</s>");
  name(settings.pad, "[PAD]", "<pad>");
  name(settings.mask, "[MASK]", "<mask>");
}

}  // namespace

Settings read_tokenizer_json(const std::filesystem::path& path) {
  const nlohmann::json json = read_json(path);
  const JsonValue file(json, path.string());
  Settings settings;
  settings.source = path.string();
  if (const auto version = file.text("version"); version && *version != "1.0") {
    file.unsupported("has the version " + *version + "; Henson knows 1.0");
  }
  read_model(file, settings);
  if (settings.kind == Kind::kWordPiece) {
    read_word_piece_parts(file, settings);
  } else {
    read_bpe_parts(file, settings);
  }
  read_added(file, settings);
  read_post_processor(file.find("post_processor"), settings);
  name_tokens(settings);
  return settings;
}

}  // namespace henson::tokenizer
