#include "runtime/tokenizer/utf8.h"

#include <cstring>

namespace henson::tokenizer {
namespace {

/// How many bytes a sequence has that starts so; 0 when none does.
std::uint32_t sequence_length(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// Whether a second byte may follow the first: no overlong form, surrogate or number too large.
bool may_follow(unsigned char lead, unsigned char second) noexcept {
  if (lead == 0xE0) return second >= 0xA0 && second <= 0xBF;
  if (lead == 0xED) return second >= 0x80 && second <= 0x9F;
  if (lead == 0xF0) return second >= 0x90 && second <= 0xBF;
  if (lead == 0xF4) return second >= 0x80 && second <= 0x8F;
  return second >= 0x80 && second <= 0xBF;
}

struct Sequence {
  std::uint32_t length = 0;  // of the valid start of a sequence, at least 1
  bool complete = false;
};

Sequence sequence_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t wanted = sequence_length(byte(at));
  if (wanted == 0) return {1, false};
  std::uint32_t length = 1;
  while (length < wanted && at + length < text.size()) {
    const unsigned char next = byte(at + length);
    if (length == 1 ? !may_follow(byte(at), next) : (next & 0xC0U) != 0x80) break;
    ++length;
  }
  return {length, length == wanted};
}

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

/// Sequences of two and three bytes that a look at each byte alone tells to be right.
std::uint32_t plain_length(std::string_view text, std::size_t at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead >= 0xE1 && lead < 0xED && text.size() - at > 2) {
    return continues(text[at + 1]) && continues(text[at + 2]) ? 3 : 0;
  }
  if (lead >= 0xC2 && lead < 0xE0 && text.size() - at > 1) return continues(text[at + 1]) ? 2 : 0;
  return 0;
}

/// The end of the ASCII bytes from `at` on.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
  while (at + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080ULL) != 0) break;
    at += sizeof word;
  }
  while (at < text.size() && is_ascii(text[at])) ++at;
  return at;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    while (at < text.size()) {
      const std::uint32_t length = plain_length(text, at);
      if (length == 0) break;
      at += length;
    }
    if (at == text.size() || is_ascii(text[at])) continue;
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.complete) return false;
    at += sequence.length;
  }
  return true;
}

Repaired repair_utf8(std::string_view text) {
  Repaired repaired;
  repaired.text.reserve(text.size());
  repaired.origins.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_at(text, at);
    if (sequence.complete) {
      repaired.text.append(text, at, sequence.length);
    } else {
      append_utf8(kReplacement, repaired.text);
    }
    // Positions are asked for at the starts of code points alone.
    repaired.origins.resize(repaired.text.size(), static_cast<std::uint32_t>(at));
    at += sequence.length;
  }
  repaired.origins.push_back(static_cast<std::uint32_t>(text.size()));
  return repaired;
}

}  // namespace henson::tokenizer
