#include "runtime/tokenizer/settings.h"

#include <algorithm>

namespace henson::tokenizer {
namespace {

using Part = TemplatePart;

void add_special(Settings& settings, const std::optional<std::string>& token, bool lstrip) {
  if (!token) return;
  const std::optional<std::int64_t> id = settings.vocabulary.id(*token);
  const bool is_known = std::any_of(settings.added.begin(), settings.added.end(),
                                    [&](const AddedToken& a) { return a.text == *token; });
  if (!id || is_known) return;
  settings.added.push_back({.text = *token, .id = *id, .lstrip = lstrip});
}

void add_specials(Settings& settings, bool mask_takes_space) {
  for (const auto* token : {&settings.unk, &settings.sep, &settings.pad, &settings.cls}) {
    add_special(settings, *token, false);
  }
  add_special(settings, settings.mask, mask_takes_space);
}

void set_if_not(std::optional<std::string>& token, const char* value) {
  if (!token) token = value;
}

Part token(const std::optional<std::string>& text, std::int64_t type_id = 0) {
  return {Part::Kind::kToken, *text, type_id};
}

}  // namespace

const nlohmann::json* part_of_type(const nlohmann::json& part, const char* type) {
  const auto found = part.find("type");
  return found != part.end() && *found == type ? &part : nullptr;
}

nlohmann::json* part_of_type(nlohmann::json& part, const char* type) {
  return part_of_type(std::as_const(part), type) == nullptr ? nullptr : &part;
}

void use_bert_defaults(Settings& settings) {
  set_if_not(settings.unk, "[UNK]");
  set_if_not(settings.cls, "[CLS]");
  set_if_not(settings.sep, "[SEP]");
  set_if_not(settings.pad, "[PAD]");
  set_if_not(settings.mask, "[MASK]");
  add_specials(settings, false);
  const Part text{Part::Kind::kText, "", 0};
  const Part pair{Part::Kind::kPair, "", 1};
  settings.single = {token(settings.cls), text, token(settings.sep)};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {pair, token(settings.sep, 1)});
  settings.unknown_token = settings.unk;
}

void use_roberta_defaults(Settings& settings) {
  set_if_not(settings.unk, "<unk>");
  set_if_not(settings.cls, "<s>");
  set_if_not(settings.sep, "</s>");
  set_if_not(settings.pad, "<pad>");
  set_if_not(settings.mask, "<mask>");
  add_specials(settings, true);
  const Part text{Part::Kind::kText, "", 0};
  const Part pair{Part::Kind::kPair, "", 0};
  settings.single = {token(settings.cls), text, token(settings.sep)};
  settings.pair = settings.single;
  settings.pair.insert(settings.pair.end(), {token(settings.sep), pair, token(settings.sep)});
}

}  // namespace henson::tokenizer
