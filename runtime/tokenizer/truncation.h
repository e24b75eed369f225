// How many tokens of each text stay, and which windows cover a text.
#pragma once

#include <cstddef>
#include <vector>

#include "henson/tokenizer.h"

namespace henson::tokenizer {

struct Lengths {
  std::size_t first = 0;
  std::size_t second = 0;
};

/// Shortens `lengths` so that they sum to at most `room`. Throws kBadInput when the text that
/// `truncation` names would have to lose all of its tokens.
Lengths truncate(Lengths lengths, std::size_t room, Truncation truncation);

struct TokenRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Windows of at most `room` of `length` tokens, each beginning `stride` before the end of the one
/// before. Throws kBadInput unless stride < room.
std::vector<TokenRange> windows(std::size_t length, std::size_t room, std::size_t stride);

}  // namespace henson::tokenizer
