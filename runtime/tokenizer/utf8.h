// UTF-8 to code points and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t code = 0;
  std::uint32_t length = 0;  // bytes
};

constexpr bool is_ascii(char byte) noexcept { return static_cast<unsigned char>(byte) < 0x80; }
/// Whether a byte of valid UTF-8 starts a code point.
constexpr bool starts_code_point(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80;
}

/// The code point at `at`, which must be within `text`, and valid UTF-8.
inline Decoded decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1FU) << 6 | (byte(1) & 0x3FU), 2};
  if (lead < 0xF0) {
    return {(lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU), 3};
  }
  return {
      (lead & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 | (byte(3) & 0x3FU),
      4};
}

inline void append_utf8(char32_t code, std::string& text) {
  const auto add = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6);
    add(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12);
    add(0x80U | (code >> 6 & 0x3FU));
    add(0x80U | (code & 0x3FU));
  } else {
    add(0xF0U | code >> 18);
    add(0x80U | (code >> 12 & 0x3FU));
    add(0x80U | (code >> 6 & 0x3FU));
    add(0x80U | (code & 0x3FU));
  }
}

bool is_utf8(std::string_view text) noexcept;

/// A text made valid: each maximal part of a damaged sequence became one U+FFFD, as in what Unicode
/// recommends and Rust's from_utf8_lossy does.
struct Repaired {
  std::string text;
  std::vector<std::uint32_t> origins;  // of each byte of `text`, and one past its end: the position
                                       // in what was given
};
Repaired repair_utf8(std::string_view text);

}  // namespace henson::tokenizer
