// What makes tokens of texts.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

/// A token and where in the text it is from.
struct Piece {
  std::int32_t id = 0;
  std::uint32_t begin = 0;  // bytes
  std::uint32_t end = 0;
  std::uint32_t word = 0;
};

/// How many characters at the ends of a token stand for white space.
struct Spaces {
  std::uint32_t leading = 0;
  std::uint32_t trailing = 0;
};

struct Pieces {
  std::vector<Piece> list;
  std::uint32_t words = 0;  // so far: the number of the next word
  bool wants_spaces = false;
  std::vector<Spaces> spaces;  // of each piece, when they are wanted
};

/// Immutable.
class TokenModel {
 public:
  TokenModel() = default;
  TokenModel(const TokenModel&) = delete;
  TokenModel& operator=(const TokenModel&) = delete;
  virtual ~TokenModel() = default;

  /// Appends the tokens of `text`, which is valid UTF-8, less than 4 GiB and what lies between two
  /// added tokens. Its first byte has the position `origin`. Each word that the pre-tokenizer finds
  /// takes one number, though it should have no tokens.
  virtual void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const = 0;

  /// Whether it tells the spaces of pieces when they are wanted; else their ids do.
  virtual bool tells_spaces() const noexcept { return false; }
};

}  // namespace henson::tokenizer
