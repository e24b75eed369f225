#include "runtime/tokenizer/word_cutting.h"

#include <algorithm>
#include <cstddef>

namespace henson::tokenizer {
namespace {

Word word_of(std::size_t begin, std::size_t end, std::uint32_t origin) {
  return {static_cast<std::uint32_t>(origin + begin), static_cast<std::uint32_t>(origin + end)};
}

/// Parts of one kind that follow each other are one word.
void append_contiguous(std::span<const Match> parts, std::uint32_t begin,
                       std::vector<Word>& words) {
  bool was_found = false;
  const std::size_t first = words.size();
  for (const Match& part : parts) {
    if (part.found == was_found && words.size() > first) {
      words.back().end = static_cast<std::uint32_t>(begin + part.end);
    } else {
      words.push_back(word_of(part.begin, part.end, begin));
    }
    was_found = part.found;
  }
}

void append_merged_with_previous(std::span<const Match> parts, std::uint32_t begin,
                                 std::vector<Word>& words) {
  bool was_found = false;
  const std::size_t first = words.size();
  for (const Match& part : parts) {
    if (part.found && !was_found && words.size() > first) {
      words.back().end = static_cast<std::uint32_t>(begin + part.end);
    } else {
      words.push_back(word_of(part.begin, part.end, begin));
    }
    was_found = part.found;
  }
}

void append_merged_with_next(std::span<const Match> parts, std::uint32_t begin,
                             std::vector<Word>& words) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_joined = parts[i].found && i + 1 < parts.size() && !parts[i + 1].found;
    const std::size_t last = is_joined ? i + 1 : i;
    words.push_back(word_of(parts[i].begin, parts[last].end, begin));
    i = last;
  }
}

}  // namespace

void append_cut(std::span<const Match> parts, CutBehavior behavior, std::uint32_t begin,
                std::vector<Word>& words) {
  const std::size_t first = words.size();
  switch (behavior) {
    case CutBehavior::kRemoved:
      for (const Match& part : parts) {
        if (!part.found) words.push_back(word_of(part.begin, part.end, begin));
      }
      break;
    case CutBehavior::kIsolated:
      for (const Match& part : parts) words.push_back(word_of(part.begin, part.end, begin));
      break;
    case CutBehavior::kMergedWithPrevious:
      append_merged_with_previous(parts, begin, words);
      break;
    case CutBehavior::kMergedWithNext:
      append_merged_with_next(parts, begin, words);
      break;
    case CutBehavior::kContiguous:
      append_contiguous(parts, begin, words);
      break;
  }
  const auto added = words.begin() + static_cast<std::ptrdiff_t>(first);
  words.erase(
      std::remove_if(added, words.end(), [](const Word& word) { return word.begin == word.end; }),
      words.end());
}

}  // namespace henson::tokenizer
