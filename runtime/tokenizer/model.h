// What WordPiece and byte-level BPE have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
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

struct Pieces {
  std::vector<Piece> list;
  std::uint32_t words = 0;  // so far: the number of the next word
};

/// Immutable.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the tokens of `text`, which is valid UTF-8, less than 4 GiB and what lies between two
  /// added tokens. Its first byte has the position `origin`. Each word that the pre-tokenizer finds
  /// takes one number, though it should have no tokens.
  virtual void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const = 0;

  /// The text of tokens, as the vocabulary writes them.
  virtual std::string decode(std::span<const std::string_view> tokens) const = 0;
};

}  // namespace henson::tokenizer
