#include "runtime/tokenizer/byte_alphabet.h"

#include <array>
#include <cstdint>

#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

constexpr std::size_t kBytes = 256;
constexpr std::size_t kCharacters = 0x144;  // one past the last that stands for a byte
constexpr std::int16_t kNone = -1;

constexpr bool is_printable(std::size_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr std::array<std::uint16_t, kBytes> make_characters() {
  std::array<std::uint16_t, kBytes> characters{};
  std::uint16_t next = 0x100;
  for (std::size_t byte = 0; byte < kBytes; ++byte) {
    characters[byte] = is_printable(byte) ? static_cast<std::uint16_t>(byte) : next++;
  }
  return characters;
}

constexpr auto kCharacterOfByte = make_characters();

constexpr std::array<std::int16_t, kCharacters> make_bytes() {
  std::array<std::int16_t, kCharacters> bytes{};
  for (std::int16_t& byte : bytes) byte = kNone;
  for (std::size_t byte = 0; byte < kBytes; ++byte) {
    bytes[kCharacterOfByte[byte]] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}

constexpr auto kByteOfCharacter = make_bytes();

}  // namespace

char32_t character_of_byte(unsigned char byte) noexcept { return kCharacterOfByte[byte]; }

std::optional<unsigned char> byte_of_character(char32_t code) noexcept {
  if (code >= kCharacters || kByteOfCharacter[code] == kNone) return std::nullopt;
  return static_cast<unsigned char>(kByteOfCharacter[code]);
}

std::string bytes_to_token(std::string_view bytes) {
  std::string token;
  for (const char byte : bytes) {
    append_utf8(character_of_byte(static_cast<unsigned char>(byte)), token);
  }
  return token;
}

std::optional<std::string> token_to_bytes(std::string_view token) {
  std::string bytes;
  for (std::size_t at = 0; at < token.size();) {
    const Decoded character = decode_utf8(token, at);
    const auto byte = byte_of_character(character.code);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
    at += character.length;
  }
  return bytes;
}

}  // namespace henson::tokenizer
