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
Decoded decode_utf8(std::string_view text, std::size_t at) noexcept;
void append_utf8(char32_t code, std::string& text);
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
