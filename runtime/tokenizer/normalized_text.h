// A text that changes on its way to the model, and where each byte of it is from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {

/// A code point of the new text, and how it stands to the old one, as the Rust tokenizers say it:
/// 0 replaces the next code point, 1 is new and from where the one before is, -n replaces the next
/// one and removes the n that follow.
struct Change {
  /// The next `bytes` stay.
  static constexpr Change kept(std::size_t bytes) { return {static_cast<char32_t>(bytes), kKept}; }
  static constexpr std::int32_t kKept = 2;

  char32_t code = 0;
  std::int32_t change = 0;
};

/// What a pattern finds, or what lies between.
struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool found = false;
};

/// Valid UTF-8 throughout.
class NormalizedText {
 public:
  /// `text` is valid UTF-8; its first byte has the position `origin`.
  NormalizedText(std::string_view text, std::uint32_t origin)
      : text_(text), most_(std::max(kMaxGrown, kMaxGrowth * text.size())), origin_(origin) {}

  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

  /// Where bytes [begin, end) are from: all of each character that they are part of. {0, 0} of
  /// what is beyond the end.
  ByteRange source(std::size_t begin, std::size_t end) const noexcept;

  /// The new text, code point by code point, after the first `removed` of the old one are gone.
  void transform(std::span<const Change> changes, std::size_t removed = 0);
  /// Keeps code points.
  template <typename Keep>
  void filter(const Keep& keep);
  /// Replaces code points.
  template <typename Map>
  void map(const Map& map);
  /// Replaces bytes of ASCII by others.
  template <typename Map>
  void map_ascii(const Map& map) {
    for (char& byte : text_) byte = map(byte);
  }
  /// Before the first character, and from where that is. Nothing happens to an empty text.
  void prepend(std::string_view prefix);
  /// Replaces what was found.
  void replace(std::span<const Match> matches, std::string_view content);
  /// Keeps bytes [begin, end).
  void keep(std::size_t begin, std::size_t end);

  /// Appends `part` of another text. This one must have been made empty.
  void append(const NormalizedText& other, std::size_t begin, std::size_t end);
  /// Appends bytes that are all from one place.
  void append(std::string_view bytes, ByteRange source);
  void reserve(std::size_t bytes);
  /// Makes room for what is appended: texts that are appended to know each byte's source.
  static NormalizedText for_appending(std::uint32_t origin) {
    NormalizedText text({}, origin);
    text.is_original_ = false;
    return text;
  }

 private:
  /// Notes the source of each byte.
  void take_sources();
  /// Appends the sources of bytes [begin, end), which are whole code points.
  void append_sources(std::size_t begin, std::size_t end, std::vector<ByteRange>& sources) const;
  /// Throws kUnsupported when so many bytes are more than a text may become: steps of a hostile
  /// tokenizer double it again and again.
  void check_size(std::size_t bytes) const;

  static constexpr std::size_t kMaxGrown = std::size_t{1} << 20;
  static constexpr std::size_t kMaxGrowth = 32;

  std::string text_;
  std::size_t most_;                // bytes that it may become
  std::vector<ByteRange> sources_;  // of each byte, unless the text is the original
  std::uint32_t origin_;
  bool is_original_ = true;  // byte for byte, though perhaps in another case
};

template <typename Keep>
void NormalizedText::filter(const Keep& keep) {
  bool keeps_all = true;
  for (std::size_t at = 0; at < text_.size() && keeps_all;) {
    const Decoded c = decode_utf8(text_, at);
    keeps_all = keep(c.code);
    at += c.length;
  }
  if (keeps_all) return;
  take_sources();
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text_.size();) {
    const Decoded c = decode_utf8(text_, at);
    if (keep(c.code)) {
      for (std::size_t i = 0; i < c.length; ++i, ++kept) {
        text_[kept] = text_[at + i];
        sources_[kept] = sources_[at + i];
      }
    }
    at += c.length;
  }
  text_.resize(kept);
  sources_.resize(kept);
}

template <typename Map>
void NormalizedText::map(const Map& map) {
  bool is_same = true;
  std::vector<Change> changes;
  for (std::size_t at = 0; at < text_.size();) {
    const Decoded c = decode_utf8(text_, at);
    const char32_t to = map(c.code);
    is_same = is_same && to == c.code;
    if (!is_same && changes.empty()) {  // the first that is another
      changes.reserve(text_.size() - at);
      for (std::size_t before = 0; before < at;) {
        const Decoded same = decode_utf8(text_, before);
        changes.push_back({same.code, 0});
        before += same.length;
      }
    }
    if (!is_same) changes.push_back({to, 0});
    at += c.length;
  }
  if (!is_same) transform(changes);
}

}  // namespace henson::tokenizer
