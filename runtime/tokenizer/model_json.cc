#include "runtime/tokenizer/model_json.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "runtime/tokenizer/bpe_files.h"

namespace henson::tokenizer {
namespace {

using Kind = Settings::Kind;

/// Files of 2020 do not say of what type the model is.
std::string model_type(const JsonValue& model) {
  if (const auto type = model.text("type")) return *type;
  if (model.find("merges")) return "BPE";
  if (model.find("max_input_chars_per_word")) return "WordPiece";
  const auto vocabulary = model.find("vocab");
  if (vocabulary && vocabulary->json().is_array()) return "Unigram";
  return model.find("unk_token") ? "WordLevel" : "of no known type";
}

void read_word_piece(const JsonValue& model, Settings& settings) {
  model.only(
      {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  settings.unknown_token = model.text("unk_token").value_or("[UNK]");
  settings.continuing_prefix = model.text("continuing_subword_prefix").value_or("##");
  const std::int64_t length = model.integer("max_input_chars_per_word").value_or(100);
  if (length < 0) model.damaged("has a negative max_input_chars_per_word");
  settings.max_word_length = static_cast<std::size_t>(length);
  read_vocabulary(model.at("vocab"), settings);
}

void read_word_level(const JsonValue& model, Settings& settings) {
  model.only({"type", "unk_token", "vocab"});
  settings.unknown_token = model.at("unk_token").text();
  read_vocabulary(model.at("vocab"), settings);
}

/// ["Ġ w", …], or [["Ġ", "w"], …] in newer files.
void read_merges(const JsonValue& merges, Settings& settings) {
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const JsonValue merge = merges.at(i);
    if (merge.json().is_string()) {
      const std::string line = merge.text();
      if (line.starts_with("#version")) continue;
      add_merge(line, settings.source + ": model.merges[" + std::to_string(i) + "]", settings);
    } else {
      if (merge.size() != 2) merge.damaged("is not two tokens");
      settings.merges.emplace_back(merge.at(std::size_t{0}).text(), merge.at(1).text());
    }
  }
}

void read_bpe(const JsonValue& model, Settings& settings) {
  model.only({"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
              "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"});
  if (const auto dropout = model.find("dropout"); dropout && dropout->number() != 0) {
    model.unsupported("has dropout: its tokens are random");
  }
  settings.unknown_token = model.text("unk_token");
  settings.subword_prefix = model.text("continuing_subword_prefix").value_or("");
  settings.word_suffix = model.text("end_of_word_suffix").value_or("");
  settings.byte_fallback = model.boolean("byte_fallback").value_or(false);
  settings.fuse_unknown = model.boolean("fuse_unk").value_or(false);
  settings.words_before_merges = model.boolean("ignore_merges").value_or(false);
  read_vocabulary(model.at("vocab"), settings);
  read_merges(model.at("merges"), settings);
}

/// [["<unk>", 0], ["a", -1.5], …]: ids are places in the list.
void read_scores(const JsonValue& list, Settings& settings) {
  const std::size_t count = list.size();
  settings.scores.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const nlohmann::json& entry = list.json()[i];
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      list.at(i).damaged("is not a token with its score");
    }
    settings.vocabulary.add_again(entry[0].get_ref<const std::string&>(),
                                  static_cast<std::int64_t>(i));
    settings.scores.push_back(entry[1].get<double>());
    if (!std::isfinite(settings.scores.back())) list.at(i).damaged("has a score without bounds");
  }
}

void read_unigram(const JsonValue& model, Settings& settings) {
  model.only({"type", "unk_id", "vocab", "byte_fallback"});
  settings.byte_fallback = model.boolean("byte_fallback").value_or(false);
  read_scores(model.at("vocab"), settings);
  settings.unknown_id = model.integer("unk_id");
  if (!settings.unknown_id) return;
  const auto size = static_cast<std::int64_t>(settings.scores.size());
  if (*settings.unknown_id < 0 || *settings.unknown_id >= size) {
    model.damaged("has an unk_id that its vocabulary does not have");
  }
  settings.unknown_token = settings.vocabulary.token(*settings.unknown_id);
}

}  // namespace

void read_model(const JsonValue& model, Settings& settings) {
  const std::string type = model_type(model);
  if (type == "WordPiece") {
    settings.kind = Kind::kWordPiece;
    read_word_piece(model, settings);
  } else if (type == "BPE") {
    settings.kind = Kind::kBpe;
    read_bpe(model, settings);
  } else if (type == "Unigram") {
    settings.kind = Kind::kUnigram;
    read_unigram(model, settings);
  } else if (type == "WordLevel") {
    settings.kind = Kind::kWordLevel;
    read_word_level(model, settings);
  } else {
    model.unsupported("is " + type + "; Henson knows WordPiece, BPE, Unigram and WordLevel");
  }
  settings.unk = settings.unknown_token;
}

}  // namespace henson::tokenizer
