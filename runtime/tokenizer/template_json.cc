#include "runtime/tokenizer/template_json.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace henson::tokenizer {
namespace {

using Part = TemplatePart;
using Parts = std::vector<TemplatePart>;

constexpr std::size_t kMaxParts = 64;

Part text_part() { return {Part::Kind::kText, "", 0}; }
Part pair_part(std::int64_t type_id) { return {Part::Kind::kPair, "", type_id}; }
Part token_part(const std::string& token, std::int64_t type_id = 0) {
  return {Part::Kind::kToken, token, type_id};
}

std::optional<std::int64_t> id_of(const Settings& settings, const std::string& token) {
  for (const AddedToken& added : settings.added) {
    if (added.text == token) return added.id;
  }
  return settings.vocabulary.id(token);
}

/// Special tokens are kept by their text, so that must lead to the id that the file gives.
void check_id(const JsonValue& place, const Settings& settings, const std::string& token,
              std::int64_t id) {
  const auto known = id_of(settings, token);
  if (!known) place.damaged("needs the token \"" + token + "\", which there is not");
  if (*known != id) {
    place.damaged("gives the token \"" + token + "\" the id " + std::to_string(id) +
                  ", and the vocabulary " + std::to_string(*known));
  }
}

/// ["</s>", 2]
std::string read_token(const JsonValue& token, const Settings& settings) {
  if (token.size() != 2) token.damaged("is not a token with its id");
  std::string text = token.at(std::size_t{0}).text();
  check_id(token, settings, text, token.at(1).integer());
  return text;
}

void read_trimming(const JsonValue& processor, Settings& settings) {
  settings.trim_offsets = processor.boolean("trim_offsets").value_or(true);
  settings.trim_keeps_prefix = processor.boolean("add_prefix_space").value_or(true);
}

void read_bert(const JsonValue& processor, Settings& settings) {
  settings.cls = read_token(processor.at("cls"), settings);
  settings.sep = read_token(processor.at("sep"), settings);
  settings.single = {token_part(*settings.cls), text_part(), token_part(*settings.sep)};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {pair_part(1), token_part(*settings.sep, 1)});
}

void read_roberta(const JsonValue& processor, Settings& settings) {
  read_trimming(processor, settings);
  settings.cls = read_token(processor.at("cls"), settings);
  settings.sep = read_token(processor.at("sep"), settings);
  const Part sep = token_part(*settings.sep);
  settings.single = {token_part(*settings.cls), text_part(), sep};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {sep, pair_part(0), sep});
}

/// {"id": "[CLS]", "type_id": 0}: a name of `special_tokens`, which may stand for several tokens.
void read_special(const JsonValue& special, const JsonValue& processor, const Settings& settings,
                  Parts& parts) {
  const JsonValue named = processor.at("special_tokens").at(special.at("id").text());
  const JsonValue tokens = named.at("tokens");
  const JsonValue ids = named.at("ids");
  if (tokens.size() != ids.size()) named.damaged("has not as many ids as tokens");
  if (tokens.size() + parts.size() > kMaxParts) special.unsupported("makes a template too long");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string token = tokens.at(i).text();
    check_id(named, settings, token, ids.at(i).integer());
    parts.push_back(token_part(token, special.integer("type_id").value_or(0)));
  }
}

Parts read_template(const JsonValue& list, const JsonValue& processor, const Settings& settings) {
  Parts parts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonValue part = list.at(i);
    if (const auto special = part.find("SpecialToken")) {
      read_special(*special, processor, settings, parts);
      continue;
    }
    const JsonValue sequence = part.at("Sequence");
    const bool is_text = sequence.at("id").text() == "A";
    parts.push_back({is_text ? Part::Kind::kText : Part::Kind::kPair, "",
                     sequence.integer("type_id").value_or(0)});
  }
  return parts;
}

/// Each text once, the first before the second: encodings are laid out so.
void check_texts(const JsonValue& list, const Parts& parts, const std::vector<Part::Kind>& wanted) {
  std::vector<Part::Kind> kinds;
  for (const Part& part : parts) {
    if (part.kind != Part::Kind::kToken) kinds.push_back(part.kind);
  }
  if (kinds != wanted) list.unsupported("has other texts than " + std::to_string(wanted.size()));
}

void read_templates(const JsonValue& processor, Settings& settings) {
  const JsonValue single = processor.at("single");
  settings.single = read_template(single, processor, settings);
  check_texts(single, settings.single, {Part::Kind::kText});
  const JsonValue pair = processor.at("pair");
  settings.pair = read_template(pair, processor, settings);
  check_texts(pair, settings.pair, {Part::Kind::kText, Part::Kind::kPair});
}

void read_one(const JsonValue& processor, Settings& settings) {
  const std::string type = processor.at("type").text();
  const bool is_bpe = settings.kind == Settings::Kind::kByteLevelBpe;
  if (type == "TemplateProcessing") {
    read_templates(processor, settings);
  } else if (type == "BertProcessing") {
    read_bert(processor, settings);
  } else if (type == "RobertaProcessing" && is_bpe) {
    read_roberta(processor, settings);
  } else if (type == "ByteLevel" && is_bpe) {
    read_trimming(processor, settings);
  } else {
    processor.unsupported("is " + type +
                          "; Henson knows TemplateProcessing, BertProcessing and, with byte-level "
                          "BPE, RobertaProcessing and ByteLevel");
  }
}

}  // namespace

void read_post_processor(const std::optional<JsonValue>& processor, Settings& settings) {
  settings.trim_offsets = false;
  settings.single = {text_part()};
  settings.pair = {text_part(), pair_part(1)};
  if (!processor) return;
  if (processor->at("type").text() != "Sequence") {
    read_one(*processor, settings);
    return;
  }
  const JsonValue list = processor->at("processors");
  bool has_template = false;  // a second one would stand around the first
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonValue one = list.at(i);
    const bool is_template = one.at("type").text() != "ByteLevel";
    if (is_template && has_template) one.unsupported("is a second template");
    has_template = has_template || is_template;
    read_one(one, settings);
  }
}

}  // namespace henson::tokenizer
