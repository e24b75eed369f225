#include "henson/error.h"

#include <utility>

namespace henson {
namespace {

/// Bytes of a message, and of the entry's name before it: lines of a log, whatever names a file
/// has.
constexpr std::size_t kLongestMessage = 300;
constexpr std::size_t kLongestEntry = 80;

/// One line: what would break it, or talk to a terminal, is shown as \xNN.
std::string printable(const std::string& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      safe += c;
      continue;
    }
    safe += "\\x";
    safe += kDigits[byte >> 4];
    safe += kDigits[byte & 15];
  }
  return safe;
}

/// At most `most` bytes, the middle left out; no character is cut.
std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  const auto continues = [&](std::size_t i) { return (text[i] & '\xc0') == '\x80'; };
  const std::string mark = "...";
  std::size_t head = (most - mark.size()) * 2 / 3;
  std::size_t tail = text.size() - (most - mark.size() - head);
  while (head > 0 && continues(head)) --head;
  while (tail < text.size() && continues(tail)) ++tail;
  return text.substr(0, head) + mark + text.substr(tail);
}

std::string describe(const ErrorPlace& place, const std::string& message) {
  std::string text = shortened(printable(place.entry), kLongestEntry);
  if (place.line) {
    text += ':' + std::to_string(*place.line);
  } else if (place.offset) {
    text += (text.empty() ? "at byte " : " at byte ") + std::to_string(*place.offset);
  }
  return text.empty() ? message : text + ": " + message;
}

}  // namespace

Error::Error(ErrorCode code, std::string message, ErrorPlace place)
    : code_(code),
      message_(shortened(printable(message), kLongestMessage)),
      place_(std::move(place)),
      what_(describe(place_, message_)) {}

}  // namespace henson
