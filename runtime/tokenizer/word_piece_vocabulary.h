// WordPiece proper: a word is cut into the longest tokens that the vocabulary has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/trie.h"

namespace henson::tokenizer {

class WordPieceVocabulary {
 public:
  /// Throws kBadArchive when it has no token for unknown words.
  explicit WordPieceVocabulary(const Settings& settings);

  /// The token that unknown words become.
  std::int32_t unknown() const noexcept { return unknown_; }
  /// In code points; longer words are unknown.
  std::size_t max_word_length() const noexcept { return max_word_length_; }

  /// Calls add(id, begin, end) for the tokens of a word, until one is missing: then it returns
  /// false, and the word is unknown.
  template <typename Add>
  bool cut(std::string_view word, const Add& add) const {
    Trie::Node node = Trie::kRoot;
    for (std::size_t at = 0; at < word.size();) {
      Trie::Match match;
      if (at == 0 || has_continuing_) match = trie_.longest(node, word.substr(at));
      if (match.value < 0) return false;
      add(match.value, at, at + match.length);
      at += match.length;
      node = continuing_;
    }
    return true;
  }

 private:
  Trie trie_;
  Trie::Node continuing_ = Trie::kRoot;  // after the prefix of what is not the start of a word
  bool has_continuing_ = false;
  std::int32_t unknown_ = 0;
  std::size_t max_word_length_;
};

}  // namespace henson::tokenizer
