// BERT's whole way from text to tokens in one pass: BertNormalizer, BertPreTokenizer and WordPiece.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_token_search.h"
#include "runtime/tokenizer/bert_normalizer.h"
#include "runtime/tokenizer/model.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/word_piece_vocabulary.h"

namespace henson::tokenizer {

class WordPiece final : public TokenModel {
 public:
  /// Whether this is what settings describe.
  static bool fits(const Settings& settings);

  /// Looks for the added tokens with `normalized` itself. Throws kBadArchive when the vocabulary
  /// has no token for unknown words.
  explicit WordPiece(const Settings& settings);

  void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const override;

 private:
  /// What a byte is in front of which no other is looked at.
  enum class ByteClass : std::uint8_t { kLetter, kSpace, kPunctuation, kOther };

  void classify_bytes();
  /// As tokenize, where the vocabulary has no added tokens that are normalized.
  void tokenize_plain(std::string_view text, std::uint32_t origin, Pieces& pieces) const;
  void tokenize_with_added(std::string_view text, std::uint32_t origin, Pieces& pieces) const;
  /// The words of normalized text.
  void add_words(std::span<const SourcedCodePoint> text, Pieces& pieces) const;
  void add_word(std::span<const SourcedCodePoint> word, Pieces& pieces) const;
  void add_ascii_word(std::string_view word, std::uint32_t begin, Pieces& pieces) const;
  /// Cuts a word; source(begin, end) tells where bytes of it are from.
  template <typename Source>
  void cut(std::string_view word, const Source& source, Pieces& pieces) const;

  BertNormalizer normalizer_;
  AddedTokenSearch added_;  // normalized
  WordPieceVocabulary vocabulary_;
  std::array<ByteClass, 256> byte_class_{};
  std::array<char, 256> lower_{};
};

}  // namespace henson::tokenizer
