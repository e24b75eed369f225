// What the files of a tokenizer say. Readers fill it in, Tokenizer::Impl is made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  bool special = true;       // decoding can skip it
};

/// One part of what a sequence is made of.
struct TemplatePart {
  enum class Kind : std::uint8_t { kToken, kText, kPair };

  Kind kind = Kind::kText;
  std::string token;  // of kToken
  std::int64_t type_id = 0;
};

struct Settings {
  enum class Kind : std::uint8_t { kWordPiece, kByteLevelBpe };

  Kind kind = Kind::kWordPiece;
  std::string source;  // the file, for messages
  Vocabulary vocabulary;
  std::vector<AddedToken> added;
  std::optional<std::string> unk, cls, sep, pad, mask;
  std::vector<TemplatePart> single;  // [CLS] text [SEP]
  std::vector<TemplatePart> pair;    // [CLS] text [SEP] pair [SEP]
  std::size_t max_length = 0;        // of the model, in tokens; 0: the files do not say

  // WordPiece.
  bool clean_text = true;  // removes control characters
  bool lower_case = true;
  std::optional<bool> strip_accents;  // as lower_case
  bool tokenize_cjk = true;
  std::string continuing_prefix = "##";
  std::size_t max_word_length = 100;  // code points; longer words are unknown
  bool clean_up_decoded = true;       // no spaces before punctuation

  // Byte-level BPE.
  std::vector<std::pair<std::string, std::string>> merges;  // the first is merged first
  bool add_prefix_space = false;
  bool trim_offsets = true;        // offsets without the white space around words
  bool trim_keeps_prefix = false;  // but with one space in front of the first: maybe a prefix
  std::optional<std::string> unknown_byte;  // the token of bytes that the vocabulary lacks
  bool fuse_unknown = false;                // one token for such bytes that follow each other
  bool words_before_merges = false;  // a word that is a token is this one, whatever its merges
};

/// Gives `settings` the special tokens that BERT's vocabularies have unless others are set there,
/// those of them that the vocabulary has as added tokens, and BERT's templates.
void use_bert_defaults(Settings& settings);

/// The same for RoBERTa.
void use_roberta_defaults(Settings& settings);

}  // namespace henson::tokenizer
