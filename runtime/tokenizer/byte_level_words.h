// The words that byte-level BPE takes a text for: GPT-2's pattern
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/tokenizer/unicode.h"

namespace henson::tokenizer {

/// Words of one text, in order: together they are all of it.
class ByteLevelWords {
 public:
  /// `text` is valid UTF-8 and outlives this.
  explicit ByteLevelWords(std::string_view text) noexcept : text_(text) {}

  bool at_end() const noexcept { return at_ == text_.size(); }
  /// The next word, never empty. Not to be called at the end.
  std::string_view next() noexcept;

 private:
  enum class Kind : unsigned char { kWhite, kLetter, kNumber, kOther };
  struct Character {
    Kind kind = Kind::kOther;
    std::size_t length = 0;
  };

  Character character(std::size_t at) const noexcept;
  /// The end of the characters of one kind from `at` on.
  std::size_t run_end(std::size_t at, Kind kind) const noexcept;
  std::size_t word_end() const noexcept;
  std::size_t white_end() const noexcept;
  /// The length of the English suffix at the position ("'ll"); 0: there is none.
  std::size_t suffix_length() const noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  const Unicode& unicode_ = Unicode::table();
};

}  // namespace henson::tokenizer
