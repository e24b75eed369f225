// How byte-level vocabularies write bytes: each as one printable character, so that a token is
// text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace henson::tokenizer {

/// The character of a byte: itself where Latin-1 prints it, else one of U+0100 to U+0143.
char32_t character_of_byte(unsigned char byte) noexcept;
std::optional<unsigned char> byte_of_character(char32_t code) noexcept;

/// " was" to "Ġwas".
std::string bytes_to_token(std::string_view bytes);
/// The bytes of a token, which is UTF-8; nothing when it has a character of no byte ("€").
std::optional<std::string> token_to_bytes(std::string_view token);

}  // namespace henson::tokenizer
