#include "runtime/tokenizer/byte_tokens.h"

#include <charconv>
#include <string>

namespace henson::tokenizer {

std::vector<std::int32_t> byte_tokens(const Vocabulary& vocabulary) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::vector<std::int32_t> ids;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::string token = {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    const auto id = vocabulary.id(token);
    ids.push_back(id ? static_cast<std::int32_t>(*id) : -1);
  }
  return ids;
}

std::optional<unsigned char> byte_of_token(std::string_view token) noexcept {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  std::string_view digits = token.substr(3, 2);
  if (digits[0] == '+') digits.remove_prefix(1);  // as Rust reads numbers
  unsigned int byte = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, byte, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return static_cast<unsigned char>(byte);
}

}  // namespace henson::tokenizer
