// Unigram, the model of SentencePiece: of all ways to cut a word into tokens, that of the best sum
// of scores.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/prefix_trie.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/word_cache.h"
#include "runtime/tokenizer/word_model.h"

namespace henson::tokenizer {

class Unigram final : public WordModel {
 public:
  explicit Unigram(const Settings& settings);

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;

 private:
  /// The best way to cut what ends at a byte.
  struct Best {
    double score = 0;
    std::uint32_t begin = kNowhere;  // of its last token
    std::int32_t id = 0;
  };

  static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

  /// Fills in the best way to each byte of a word.
  void find_best(std::string_view word, Best* best) const;
  void append(std::string_view word, const Best* best, std::vector<Token>& tokens) const;
  /// What is not in the vocabulary: bytes by their numbers, or the unknown token.
  void append_unknown(std::string_view text, std::uint32_t begin, std::vector<Token>& tokens) const;

  std::uint64_t number_ = WordCache::next_model();
  PrefixTrie trie_;             // to ids
  std::vector<double> scores_;  // of each id
  std::optional<std::int32_t> unknown_;
  double unknown_score_ = 0;
  std::vector<std::int32_t> bytes_;  // ids of <0x00> to <0xFF>, where these stand for unknown text
};

}  // namespace henson::tokenizer
