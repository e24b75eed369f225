// What the files of a tokenizer say. Readers fill it in, Tokenizer::Impl is made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/vocabulary.h"

namespace henson::tokenizer {

/// A token that is looked for in the text before the model sees it. Also of what is not special.
struct AddedToken {
  std::string text;
  std::int64_t id = 0;
  bool single_word = false;  // not where it touches a letter, digit or underscore
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // and after it
  bool normalized = false;   // is looked for in the normalized text, itself normalized
  bool in_both = false;      // of `normalized`: also in the text as it is
  bool special = true;       // decoding can skip it
};

/// One part of what a sequence is made of.
struct TemplatePart {
  enum class Kind : std::uint8_t { kToken, kText, kPair };

  Kind kind = Kind::kText;
  std::string token;  // of kToken
  std::int64_t type_id = 0;
  // Of kToken, where the file gives it; else the vocabulary's.
  std::optional<std::int64_t> id = std::nullopt;
};

/// What happens to texts that are too long, unless the caller says otherwise.
struct TruncationSettings {
  std::size_t max_length = 0;  // 0: nothing
  std::size_t stride = 0;
  Truncation strategy = Truncation::kLongestFirst;
};

/// Parts of the pipeline stand here as tokenizer.json writes them; readers of other files write
/// them the same way. Null is none.
struct Settings {
  enum class Kind : std::uint8_t { kWordPiece, kBpe, kUnigram, kWordLevel };

  Kind kind = Kind::kWordPiece;
  std::string source;  // the file, for messages
  Vocabulary vocabulary;
  std::vector<AddedToken> added;
  std::optional<std::string> unk, cls, sep, pad, mask;
  std::vector<TemplatePart> single;  // [CLS] text [SEP]
  std::vector<TemplatePart> pair;    // [CLS] text [SEP] pair [SEP]
  std::size_t max_length = 0;        // of the model, in tokens; 0: the files do not say
  TruncationSettings truncation;
  TruncationSide truncation_side = TruncationSide::kRight;

  nlohmann::json normalizer;
  nlohmann::json pre_tokenizer;
  nlohmann::json decoder;
  bool trim_offsets = false;       // offsets without the white space around words
  bool trim_keeps_prefix = false;  // but with one space in front of the first: maybe a prefix

  // Of models.
  std::optional<std::string> unknown_token;
  std::string continuing_prefix = "##";    // WordPiece
  std::size_t max_word_length = 100;       // WordPiece: code points; longer words are unknown
  std::vector<double> scores;              // Unigram: of each id
  std::optional<std::int64_t> unknown_id;  // Unigram
  std::vector<std::pair<std::string, std::string>> merges;  // BPE: the first is merged first
  std::string subword_prefix;        // BPE: of what is not the start of a word
  std::string word_suffix;           // BPE: of what is the end of a word
  bool byte_fallback = false;        // unknown text is spelled in bytes, <0x0A>
  bool fuse_unknown = false;         // BPE: one token for unknown text that follows each other
  bool words_before_merges = false;  // BPE: a word that is a token is this one
};

/// The value of a part that is of a type: {"type": "ByteLevel", …}. Nothing when it is of another.
const nlohmann::json* part_of_type(const nlohmann::json& part, const char* type);
nlohmann::json* part_of_type(nlohmann::json& part, const char* type);

}  // namespace henson::tokenizer
