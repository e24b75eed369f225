// What is known of transformers' tokenizer classes: the tokens around texts, and how the pieces of
// a SentencePiece model are numbered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

struct TokenizerClass {
  /// What stands around texts.
  enum class Scheme : std::uint8_t {
    kBert,     // [CLS] A [SEP] B [SEP], types 0 and 1
    kFunnel,   // the same, and the type of [CLS] is 2
    kMpnet,    // <s> A </s></s> B </s>, types 0 and 1
    kRoberta,  // <s> A </s></s> B </s>, types 0
    kT5,       // A </s> B </s>, types 0
    kNone,
  };
  /// Ids of a SentencePiece model's pieces.
  enum class Pieces : std::uint8_t {
    kAsTheyAre,
    kXlmRoberta,  // <s>, <pad>, </s>, <unk>, then pieces from the fourth on, then <mask>
    kCamembert,   // <s>NOTUSED, <pad>, </s>NOTUSED, <unk>, <unk>NOTUSED, then from the second on
    kT5,          // as they are, then a hundred <extra_id_…>
  };

  std::string_view name;  // without "Tokenizer" and "TokenizerFast"
  Scheme scheme = Scheme::kNone;
  Pieces pieces = Pieces::kAsTheyAre;
};

/// The class that the files of a folder name: `tokenizer_class` of tokenizer_config.json, or that
/// of config.json, or what belongs to its `model_type`. Nothing when they say nothing. Throws
/// kUnsupported, by its name, for a class that cuts words by means that no tokenizer.json tells of,
/// or that is not known.
std::optional<TokenizerClass> read_tokenizer_class(const std::filesystem::path& folder);

/// The class of a name without "Tokenizer": "XLMRoberta".
TokenizerClass class_named(std::string_view name);

/// Whether SentencePiece models, a vocab.json or a vocab.txt are what a class is kept in.
bool has_sentencepiece(const TokenizerClass& known);
bool has_vocab_json(const TokenizerClass& known);
bool has_vocab_txt(const TokenizerClass& known);

/// Special tokens and templates of a class, where `settings` do not name others. How tokens are
/// looked for that the files describe, `described`, is the files' to say.
void use_class_defaults(const TokenizerClass& tokenizer_class,
                        const std::set<std::string>& described, Settings& settings);

}  // namespace henson::tokenizer
