// Special tokens and templates of tokenizer classes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/tokenizer_class.h"

namespace henson::tokenizer {
namespace {

using Part = TemplatePart;
using Parts = std::vector<TemplatePart>;
using Scheme = TokenizerClass::Scheme;

/// Which tokens of a class are looked for in the normalized text.
enum class Normalized : std::uint8_t { kNone, kUnknown, kMask, kAll };

struct Names {
  const char* bos = nullptr;
  const char* eos = nullptr;
  const char* unk = nullptr;
  const char* sep = nullptr;
  const char* pad = nullptr;
  const char* cls = nullptr;
  const char* mask = nullptr;
  bool mask_takes_space = false;
  Normalized normalized = Normalized::kNone;
};

constexpr Names kBertNames{nullptr, nullptr, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
constexpr Names kRobertaNames{"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>", true};

struct NamesOfClass {
  std::string_view name;
  Names names;
};

/// Classes with names other than those of their scheme.
constexpr std::array<NamesOfClass, 9> kNames{{
    {"Albert", {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]", true}},
    {"BigBird",
     {"<s>", "</s>", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]", true, Normalized::kAll}},
    {"CodeGen", {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>"}},
    {"Deberta", {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", true}},
    {"DebertaV2",
     {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", false, Normalized::kUnknown}},
    {"FNet", {nullptr, nullptr, "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]", true}},
    {"GPT2", {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>"}},
    {"RemBert",
     {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", true, Normalized::kMask}},
    {"Reformer", {nullptr, "</s>", "<unk>"}},
}};

Names names_of(const TokenizerClass& known) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const NamesOfClass& c) { return c.name == known.name; });
  if (found != kNames.end()) return found->names;
  switch (known.scheme) {
    case Scheme::kBert:
      return kBertNames;
    case Scheme::kFunnel:
      return {"<s>", "</s>", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>"};
    case Scheme::kMpnet:
      return {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>", true};
    case Scheme::kRoberta:
      return kRobertaNames;
    case Scheme::kT5:
      return {nullptr, "</s>", "<unk>", "</s>", "<pad>"};
    case Scheme::kNone:
      break;
  }
  return {};
}

void set_if_not(std::optional<std::string>& token, const char* value) {
  if (!token && value != nullptr) token = value;
}

std::vector<AddedToken> special_tokens(const Names& names, const Settings& settings) {
  std::vector<AddedToken> tokens;
  const auto add = [&](const std::optional<std::string>& text, bool normalized) {
    if (!text) return;
    tokens.push_back(
        {.text = *text, .normalized = normalized || names.normalized == Normalized::kAll});
  };
  if (names.bos != nullptr) add(names.bos, false);
  if (names.eos != nullptr) add(names.eos, false);
  add(settings.unk, names.normalized == Normalized::kUnknown);
  add(settings.sep, false);
  add(settings.pad, false);
  add(settings.cls, false);
  add(settings.mask, names.normalized == Normalized::kMask);
  if (settings.mask) tokens.back().lstrip = names.mask_takes_space;
  return tokens;
}

/// A model's pieces say of a token that it is special, or the user's, and no more. The class may
/// say how it is looked for; a name alone changes nothing of what is there.
void add_special(const std::set<std::string>& described, const AddedToken& token,
                 Settings& settings) {
  if (described.contains(token.text)) return;
  const bool is_told = token.lstrip || token.normalized;
  const bool is_there = std::any_of(settings.added.begin(), settings.added.end(),
                                    [&](const AddedToken& a) { return a.text == token.text; });
  if (!is_there || is_told) add_tokens(settings, {&token, 1});
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

void use_class_defaults(const TokenizerClass& tokenizer_class,
                        const std::set<std::string>& described, Settings& settings) {
  const Names names = names_of(tokenizer_class);
  set_if_not(settings.unk, names.unk);
  set_if_not(settings.sep, names.sep);
  set_if_not(settings.pad, names.pad);
  set_if_not(settings.cls, names.cls);
  set_if_not(settings.mask, names.mask);
  const bool adds_new = has_sentencepiece(tokenizer_class);
  for (const AddedToken& token : special_tokens(names, settings)) {
    // Of the others a vocabulary has all, or it is one that a template will refuse.
    if (adds_new || settings.vocabulary.id(token.text)) add_special(described, token, settings);
  }
  set_templates(tokenizer_class.scheme, settings);
  if (settings.kind == Settings::Kind::kWordPiece) settings.unknown_token = settings.unk;
}

}  // namespace henson::tokenizer
