// WordPiece, the model of BERT: words by white space and punctuation, each cut into the longest
// tokens that the vocabulary has.
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
#include "runtime/tokenizer/trie.h"

namespace henson::tokenizer {

class WordPiece final : public TokenModel {
 public:
  /// Looks for the added tokens with `normalized` itself. Throws kBadArchive when the vocabulary
  /// has no token for unknown words.
  explicit WordPiece(const Settings& settings);

  void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const override;
  std::string decode(std::span<const std::string_view> tokens) const override;

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
  Trie trie_;
  Trie::Node continuing_ = Trie::kRoot;
  bool has_continuing_ = false;
  std::int32_t unknown_ = 0;
  std::size_t max_word_length_;
  std::string continuing_prefix_;
  bool clean_up_decoded_;
  std::array<ByteClass, 256> byte_class_{};
  std::array<char, 256> lower_{};
};

}  // namespace henson::tokenizer
