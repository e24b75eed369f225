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

constexpr std::int64_t kMaxId = std::int64_t{1} << 32;

/// Ids are what the file says, whatever the vocabulary has.
std::int64_t read_id(const JsonValue& id) {
  if (id.integer() < 0 || id.integer() >= kMaxId) id.damaged("is no id of a token");
  return id.integer();
}

/// ["</s>", 2]
Part read_token(const JsonValue& token) {
  if (token.size() != 2) token.damaged("is not a token with its id");
  Part part = token_part(token.at(std::size_t{0}).text());
  part.id = read_id(token.at(1));
  return part;
}

Part with_type(Part part, std::int64_t type_id) {
  part.type_id = type_id;
  return part;
}

void read_trimming(const JsonValue& processor, Settings& settings) {
  const bool trims = processor.boolean("trim_offsets").value_or(true);
  if (trims && settings.trim_offsets) {
    processor.unsupported("trims offsets that another post-processor has trimmed");
  }
  if (!trims) return;
  settings.trim_offsets = true;
  settings.trim_keeps_prefix = processor.boolean("add_prefix_space").value_or(true);
}

void read_bert(const JsonValue& processor, Settings& settings) {
  processor.only({"type", "sep", "cls"});
  const Part cls = read_token(processor.at("cls"));
  const Part sep = read_token(processor.at("sep"));
  settings.cls = cls.token;
  settings.sep = sep.token;
  settings.single = {cls, text_part(), sep};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {pair_part(1), with_type(sep, 1)});
}

void read_roberta(const JsonValue& processor, Settings& settings) {
  processor.only({"type", "sep", "cls", "trim_offsets", "add_prefix_space"});
  read_trimming(processor, settings);
  const Part cls = read_token(processor.at("cls"));
  const Part sep = read_token(processor.at("sep"));
  settings.cls = cls.token;
  settings.sep = sep.token;
  settings.single = {cls, text_part(), sep};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {sep, pair_part(0), sep});
}

/// {"id": "[CLS]", "type_id": 0}: a name of `special_tokens`, which may stand for several tokens.
void read_special(const JsonValue& special, const JsonValue& processor, Parts& parts) {
  special.only({"id", "type_id"});
  const JsonValue named = processor.at("special_tokens").at(special.at("id").text());
  named.only({"id", "ids", "tokens"});
  const JsonValue tokens = named.at("tokens");
  const JsonValue ids = named.at("ids");
  if (tokens.size() != ids.size()) named.damaged("has not as many ids as tokens");
  if (tokens.size() + parts.size() > kMaxParts) special.unsupported("makes a template too long");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    parts.push_back(token_part(tokens.at(i).text(), special.integer("type_id").value_or(0)));
    parts.back().id = read_id(ids.at(i));
  }
}

Parts read_template(const JsonValue& list, const JsonValue& processor) {
  Parts parts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonValue part = list.at(i);
    if (const auto special = part.find("SpecialToken")) {
      part.only({"SpecialToken"});
      read_special(*special, processor, parts);
      continue;
    }
    const JsonValue sequence = part.at("Sequence");
    part.only({"Sequence"});
    sequence.only({"id", "type_id"});
    const std::string id = sequence.at("id").text();
    const bool is_text = id == "A";
    if (!is_text && id != "B") sequence.unsupported("is of the text " + id);
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
  processor.only({"type", "single", "pair", "special_tokens"});
  const JsonValue single = processor.at("single");
  settings.single = read_template(single, processor);
  check_texts(single, settings.single, {Part::Kind::kText});
  const JsonValue pair = processor.at("pair");
  settings.pair = read_template(pair, processor);
  check_texts(pair, settings.pair, {Part::Kind::kText, Part::Kind::kPair});
}

void read_one(const JsonValue& processor, Settings& settings) {
  const std::string type = processor.at("type").text();
  if (type == "TemplateProcessing") {
    read_templates(processor, settings);
  } else if (type == "BertProcessing") {
    read_bert(processor, settings);
  } else if (type == "RobertaProcessing") {
    read_roberta(processor, settings);
  } else if (type == "ByteLevel") {
    processor.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    read_trimming(processor, settings);
  } else {
    processor.unsupported("is " + type + ", a post-processor that Henson does not know");
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
  processor->only({"type", "processors"});
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
