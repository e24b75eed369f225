// Words cut where something is found in them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/tokenizer/pre_tokenizer.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {

/// What becomes of what is found between words: "the-final--cut" at '-'.
enum class CutBehavior : std::uint8_t {
  kRemoved,             // the final cut
  kIsolated,            // the - final - - cut
  kMergedWithPrevious,  // the- final- - cut
  kMergedWithNext,      // the -final - -cut
  kContiguous,          // the - final -- cut
};

/// Appends the parts of a text that starts at byte `begin`, as words; empty ones are none.
void append_cut(std::span<const Match> parts, CutBehavior behavior, std::uint32_t begin,
                std::vector<Word>& words);

/// Cuts each word by itself: visit(text, begin, words) appends its parts.
template <typename Visit>
void cut_each(Words& words, const Visit& visit) {
  std::vector<Word> cut;
  cut.reserve(words.list.size() * 2);
  for (const Word& word : words.list) {
    if (word.added != nullptr) {
      cut.push_back(word);
    } else {
      visit(std::string_view(words.text.text()).substr(word.begin, word.end - word.begin),
            word.begin, cut);
    }
  }
  words.list = std::move(cut);
}

/// Cuts words at characters that `is_found` knows.
template <typename IsFound>
void cut_at_characters(Words& words, CutBehavior behavior, const IsFound& is_found) {
  std::vector<Match> parts;
  cut_each(words, [&](std::string_view text, std::uint32_t begin, std::vector<Word>& out) {
    parts.clear();
    for (std::size_t at = 0; at < text.size();) {
      const Decoded c = decode_utf8(text, at);
      const bool found = is_found(c.code);
      if (found || parts.empty() || parts.back().found) {
        parts.push_back({at, at + c.length, found});
      } else {
        parts.back().end = at + c.length;
      }
      at += c.length;
    }
    append_cut(parts, behavior, begin, out);
  });
}

}  // namespace henson::tokenizer
