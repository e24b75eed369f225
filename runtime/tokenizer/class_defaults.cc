// Special tokens and templates of tokenizer classes.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/tokenizer_class.h"

namespace henson::tokenizer {
namespace {

using Part = TemplatePart;
using Parts = std::vector<TemplatePart>;
using Scheme = TokenizerClass::Scheme;

struct Names {
  const char* unk = nullptr;
  const char* cls = nullptr;
  const char* sep = nullptr;
  const char* pad = nullptr;
  const char* mask = nullptr;
  bool mask_takes_space = false;
};

Names names_of(const TokenizerClass& known, const Settings& settings) {
  const bool is_bpe = settings.kind == Settings::Kind::kBpe;
  const bool has_scores = settings.kind == Settings::Kind::kUnigram;
  switch (known.scheme) {
    case Scheme::kBert:
      if (known.name == "DebertaV2" || known.name == "Deberta") {
        return {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", known.name == "Deberta"};
      }
      if (is_bpe || has_scores) {
        return {"<unk>", "[CLS]", "[SEP]", "<pad>", "[MASK]", true};
      }
      return {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", false};
    case Scheme::kFunnel:
      return {"<unk>", "<cls>", "<sep>", "<pad>", "<mask>", false};
    case Scheme::kMpnet:
      return {"[UNK]", "<s>", "</s>", "<pad>", "<mask>", true};
    case Scheme::kRoberta:
      return {"<unk>", "<s>", "</s>", "<pad>", "<mask>", true};
    case Scheme::kT5:
      return {"<unk>", nullptr, "</s>", "<pad>", nullptr, false};
    case Scheme::kNone:
      break;
  }
  return {};
}

void set_if_not(std::optional<std::string>& token, const char* value) {
  if (!token && value != nullptr) token = value;
}

/// A model's pieces say of a token that it is special, and no more: what it takes of the spaces
/// around it is the class's to say.
void add_special(Settings& settings, const std::optional<std::string>& token, bool lstrip) {
  if (!token) return;
  const std::optional<std::int64_t> id = settings.vocabulary.id(*token);
  const auto known = std::find_if(settings.added.begin(), settings.added.end(),
                                  [&](const AddedToken& a) { return a.text == *token; });
  if (known != settings.added.end()) {
    known->lstrip = known->lstrip || lstrip;
  } else if (id) {
    settings.added.push_back({.text = *token, .id = *id, .lstrip = lstrip});
  }
}

Part text() { return {Part::Kind::kText, "", 0}; }
Part pair(std::int64_t type_id) { return {Part::Kind::kPair, "", type_id}; }
Part token(const std::optional<std::string>& name, std::int64_t type_id = 0) {
  return {Part::Kind::kToken, name.value_or(""), type_id};
}

void add(Parts& parts, std::initializer_list<Part> more) { parts.insert(parts.end(), more); }

void set_templates(Scheme scheme, Settings& settings) {
  const Part sep = token(settings.sep);
  settings.single = {token(settings.cls, scheme == Scheme::kFunnel ? 2 : 0), text(), sep};
  if (scheme == Scheme::kT5) settings.single = {text(), sep};
  if (scheme == Scheme::kNone) settings.single = {text()};
  settings.pair = settings.single;
  switch (scheme) {
    case Scheme::kBert:
    case Scheme::kFunnel:
      add(settings.pair, {pair(1), token(settings.sep, 1)});
      break;
    case Scheme::kMpnet:
      add(settings.pair, {sep, pair(1), token(settings.sep, 1)});
      break;
    case Scheme::kRoberta:
      add(settings.pair, {sep, pair(0), sep});
      break;
    case Scheme::kT5:
      add(settings.pair, {pair(0), sep});
      break;
    case Scheme::kNone:
      add(settings.pair, {pair(1)});
  }
}

}  // namespace

void use_class_defaults(const TokenizerClass& tokenizer_class, Settings& settings) {
  const Names names = names_of(tokenizer_class, settings);
  set_if_not(settings.unk, names.unk);
  set_if_not(settings.cls, names.cls);
  set_if_not(settings.sep, names.sep);
  set_if_not(settings.pad, names.pad);
  set_if_not(settings.mask, names.mask);
  for (const auto* name : {&settings.unk, &settings.sep, &settings.pad, &settings.cls}) {
    add_special(settings, *name, false);
  }
  add_special(settings, settings.mask, names.mask_takes_space);
  set_templates(tokenizer_class.scheme, settings);
  if (settings.kind == Settings::Kind::kWordPiece) settings.unknown_token = settings.unk;
}

}  // namespace henson::tokenizer
