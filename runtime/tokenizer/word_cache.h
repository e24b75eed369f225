// The tokens of words that a thread saw lately.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/word_model.h"

namespace henson::tokenizer {

/// Words of text come again and again. Of each short one with few tokens the place is known by its
/// hash; another word of the same place takes it.
class WordCache {
 public:
  /// The cache of this thread. It is emptied when another model asks: each has a number of its own.
  static WordCache& of_thread(std::uint64_t model);
  /// A number that no other model has.
  static std::uint64_t next_model() noexcept;

  /// Appends the tokens of a word that is there.
  bool find(std::string_view word, std::vector<Token>& tokens) const;
  void add(std::string_view word, std::span<const Token> tokens);

 private:
  static constexpr std::size_t kEntries = 2048;
  static constexpr std::size_t kMaxWord = 44;  // bytes; then an entry has two cache lines
  static constexpr std::size_t kMaxTokens = 8;

  struct Part {
    std::int32_t id = 0;
    std::uint8_t begin = 0;
    std::uint8_t end = 0;
    bool is_text = false;
  };
  struct Entry {
    std::array<char, kMaxWord> word{};
    std::uint8_t size = 0;  // 0: nothing is here
    std::uint8_t count = 0;
    std::array<Part, kMaxTokens> parts{};
  };

  static std::size_t place(std::string_view word) noexcept;

  std::uint64_t model_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace henson::tokenizer
