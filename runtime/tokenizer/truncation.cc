#include "runtime/tokenizer/truncation.h"

#include <algorithm>
#include <string>

namespace henson::tokenizer {
namespace {

/// The shorter text stays as it is while it has at most half of the room.
Lengths truncate_longest_first(Lengths lengths, std::size_t room) {
  const std::size_t shorter = std::min(lengths.first, lengths.second);
  if (shorter <= room / 2) {
    std::size_t& longer = lengths.first > lengths.second ? lengths.first : lengths.second;
    longer = room - shorter;
    return lengths;
  }
  const std::size_t half = room / 2;
  const std::size_t rest = room - half;
  return lengths.first > lengths.second ? Lengths{rest, half} : Lengths{half, rest};
}

void shorten(std::size_t& length, std::size_t by, const char* which) {
  if (length <= by) {
    throw Error(ErrorCode::kBadInput, "the " + std::string(which) + " text has " +
                                          std::to_string(length) +
                                          " tokens, and truncation of it "
                                          "alone has to take away " +
                                          std::to_string(by));
  }
  length -= by;
}

}  // namespace

Lengths truncate(Lengths lengths, std::size_t room, Truncation truncation) {
  const std::size_t all = lengths.first + lengths.second;
  if (all <= room) return lengths;
  switch (truncation) {
    case Truncation::kLongestFirst:
      return truncate_longest_first(lengths, room);
    case Truncation::kOnlyFirst:
      shorten(lengths.first, all - room, "first");
      break;
    case Truncation::kOnlySecond:
      shorten(lengths.second, all - room, "second");
      break;
  }
  return lengths;
}

std::vector<TokenRange> windows(std::size_t length, std::size_t room, std::size_t stride) {
  if (stride >= room) {
    throw Error(ErrorCode::kBadInput, "windows have room for " + std::to_string(room) +
                                          " tokens of the text: a stride of " +
                                          std::to_string(stride) + " leaves none for new ones");
  }
  std::vector<TokenRange> ranges;
  for (std::size_t begin = 0;; begin += room - stride) {
    const std::size_t end = length - begin > room ? begin + room : length;
    ranges.push_back({begin, end});
    if (end == length) return ranges;
  }
}

}  // namespace henson::tokenizer
