// Offsets of byte-level BPE without the white space that its tokens begin or end with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/model.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// Of a token as the vocabulary writes it, or as the text has it for an added token.
Spaces spaces_of(std::string_view token) noexcept;

/// The range of a token in `text` without as many characters as its spaces. With `keeps_prefix` one
/// alone at the start stays: it may be what add_prefix_space put in front, and is not in the text.
ByteRange trim_offsets(std::string_view text, ByteRange range, Spaces spaces,
                       bool keeps_prefix) noexcept;

/// The tokens of a text.
struct TokenizedText {
  std::vector<Piece> pieces;
  std::vector<ByteRange> first_offsets;  // of each piece were it the first of a sequence; empty
                                         // when they are the same

  /// Gives a piece its offsets as the first of a sequence.
  void make_first(std::size_t index) {
    if (index >= first_offsets.size()) return;
    pieces[index].begin = first_offsets[index].begin;
    pieces[index].end = first_offsets[index].end;
  }
};

/// Trims what settings say. Immutable.
class OffsetTrimmer {
 public:
  explicit OffsetTrimmer(const Settings& settings);

  bool trims() const noexcept { return trims_; }
  /// `pieces` are of `text`, with whole offsets.
  TokenizedText trim(std::string_view text, Pieces pieces) const;

 private:
  Spaces spaces_of(std::string_view text, const Piece& piece) const noexcept;

  bool trims_ = false;
  bool keeps_prefix_ = false;
  std::vector<Spaces> spaces_;  // of each id
  std::vector<bool> is_added_;  // of each id: the text tells its spaces
};

}  // namespace henson::tokenizer
