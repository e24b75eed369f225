#include "runtime/tokenizer/byte_level_words.h"

#include <array>
#include <cstdint>

#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {

ByteLevelWords::Character ByteLevelWords::character(std::size_t at) const noexcept {
  constexpr auto kAscii = [] {
    std::array<Kind, 128> kinds{};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const bool letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
      const bool white = i == ' ' || (i >= '\t' && i <= '\r');
      const bool digit = i >= '0' && i <= '9';
      kinds[i] = letter  ? Kind::kLetter
                 : white ? Kind::kWhite
                 : digit ? Kind::kNumber
                         : Kind::kOther;
    }
    return kinds;
  }();
  if (is_ascii(text_[at])) return {kAscii[static_cast<unsigned char>(text_[at])], 1};
  const Decoded decoded = decode_utf8(text_, at);
  const std::uint16_t flags = unicode_.flags(decoded.code);
  Kind kind = Kind::kOther;
  if ((flags & bit(CodePointSet::kLetter)) != 0) {
    kind = Kind::kLetter;
  } else if ((flags & bit(CodePointSet::kNumber)) != 0) {
    kind = Kind::kNumber;
  } else if ((flags & bit(CodePointSet::kWhite)) != 0) {
    kind = Kind::kWhite;
  }
  return {kind, decoded.length};
}

std::size_t ByteLevelWords::run_end(std::size_t at, Kind kind) const noexcept {
  while (at < text_.size()) {
    const Character next = character(at);
    if (next.kind != kind) break;
    at += next.length;
  }
  return at;
}

std::size_t ByteLevelWords::suffix_length() const noexcept {
  const auto byte = [&](std::size_t i) { return at_ + i < text_.size() ? text_[at_ + i] : '\0'; };
  switch (byte(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return byte(2) == 'e' ? 3 : 0;
    case 'l':
      return byte(2) == 'l' ? 3 : 0;
    default:
      return 0;
  }
}

std::size_t ByteLevelWords::white_end() const noexcept {
  std::size_t end = at_;
  std::size_t last = at_;
  while (end < text_.size()) {
    const Character next = character(end);
    if (next.kind != Kind::kWhite) break;
    last = end;
    end += next.length;
  }
  // The last one before a word stays: it belongs to the word if it is a space, else stands alone.
  return end == text_.size() || last == at_ ? end : last;
}

std::size_t ByteLevelWords::word_end() const noexcept {
  if (text_[at_] == '\'') {
    if (const std::size_t length = suffix_length(); length > 0) return at_ + length;
  }
  const Character first = character(at_);
  if (first.kind != Kind::kWhite) return run_end(at_ + first.length, first.kind);
  if (text_[at_] == ' ' && at_ + 1 < text_.size()) {
    const Character second = character(at_ + 1);
    if (second.kind != Kind::kWhite) return run_end(at_ + 1 + second.length, second.kind);
  }
  return white_end();
}

std::string_view ByteLevelWords::next() noexcept {
  const std::size_t begin = at_;
  at_ = word_end();
  return text_.substr(begin, at_ - begin);
}

}  // namespace henson::tokenizer
