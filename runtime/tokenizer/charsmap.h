// The compiled replacements that SentencePiece's models carry (precompiled_charsmap).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/normalized_text.h"

namespace henson::tokenizer {

/// A trie in a double array, of units of 32 bits, and after it the replacements, each with a zero
/// at its end. Untrusted: every step is checked.
class Charsmap {
 public:
  /// `place` is for messages. Throws kBadArchive when the bytes are too few, or the replacements
  /// are not UTF-8.
  Charsmap(std::string_view bytes, const std::string& place);

  /// Replaces graphemes of less than 6 bytes as wholes, others code point by code point, as
  /// SentencePiece and the Rust tokenizers do. Throws kBadArchive where the trie leads nowhere.
  void normalize(NormalizedText& text) const;

 private:
  /// What a piece becomes: that of the shortest start of it that the trie knows.
  std::optional<std::string_view> find(std::string_view piece) const;
  std::uint32_t unit(std::size_t index) const;
  [[noreturn]] void fail(const char* what) const;

  std::string place_;
  std::vector<std::uint32_t> units_;
  std::string replacements_;
  /// Whether a piece that is replaced may start with a code point.
  bool may_start(char32_t code) const noexcept { return code >= starts_.size() || starts_[code]; }
  void find_starts();

  bool keeps_ascii_[128] = {};  // between others of ASCII it is a grapheme that stays
  std::vector<bool> starts_;    // of the code points that fit into 16 bits
};

/// Bytes in base 64.
std::string encode_base64(std::string_view bytes);
/// Bytes of a text in base 64; nothing when it is none.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace henson::tokenizer
