#include "loader/script/literal.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace henson::script {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Two hexadecimal digits, dropped from `text`.
std::optional<char> take_hex(std::string_view& text) noexcept {
  if (text.size() < 2 || hex_value(text[0]) < 0 || hex_value(text[1]) < 0) return std::nullopt;
  const int value = hex_value(text[0]) * 16 + hex_value(text[1]);
  text.remove_prefix(2);
  return static_cast<char>(value);
}

// Three octal digits, dropped from `text`. PyTorch before 1.7 took bytes for signed: it writes
// those above 127 with negative digits, each the character so many before '0' (0xc3, which is -61,
// as "0)+").
std::optional<char> take_octal(std::string_view& text) noexcept {
  if (text.size() < 3) return std::nullopt;
  int value = 0;
  bool positive = false;
  bool negative = false;
  for (const char c : text.substr(0, 3)) {
    const int digit = c - '0';
    if (digit < -7 || digit > 7) return std::nullopt;
    positive = positive || digit > 0;
    negative = negative || digit < 0;
    value = value * 8 + digit;
  }
  if ((positive && negative) || value < -128 || value > 255) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(value);
}

std::optional<char> simple_escape(char c) noexcept {
  constexpr std::string_view kNames = "\\'\"abfnrtv";
  constexpr std::string_view kBytes = "\\'\"\a\b\f\n\r\t\v";
  const std::size_t found = kNames.find(c);
  if (found == std::string_view::npos) return std::nullopt;
  return kBytes[found];
}

// Appends what stands after a backslash to `out` and drops it from `text`.
bool take_escape(std::string_view& text, std::string& out) {
  if (text.empty()) return false;
  if (text.starts_with("\r\n") || text.front() == '\n') {  // the string goes on in the next line
    text.remove_prefix(text.front() == '\r' ? 2 : 1);
    return true;
  }
  std::optional<char> byte = simple_escape(text.front());
  if (byte) {
    text.remove_prefix(1);
  } else if (text.front() == 'x') {
    text.remove_prefix(1);
    byte = take_hex(text);
  } else {
    byte = take_octal(text);
  }
  if (byte) out += *byte;
  return byte.has_value();
}

}  // namespace

std::optional<std::int64_t> parse_int(std::string_view digits, bool negative) noexcept {
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (magnitude <= kLargest) {
    const auto value = static_cast<std::int64_t>(magnitude);
    return negative ? -value : value;
  }
  if (negative && magnitude == kLargest + 1) return std::numeric_limits<std::int64_t>::min();
  return std::nullopt;
}

std::optional<double> parse_float(std::string_view number) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_non_finite(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto is = [text](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
      return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    });
  };
  double value = 0;
  if (is("inf") || is("infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else if (is("nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<std::string> parse_string(std::string_view token) {
  const bool triple = token.size() >= 6 && token[1] == token[0] && token[2] == token[0];
  const std::size_t quotes = triple ? 3 : 1;
  std::string_view rest = token.substr(quotes, token.size() - 2 * quotes);
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (!take_escape(rest, out)) return std::nullopt;
  }
  return out;
}

}  // namespace henson::script
