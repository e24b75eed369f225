#include "runtime/tasks/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace henson::tasks {
namespace {

constexpr utf8proc_int32_t kCapitalSigma = 0x3A3;
constexpr utf8proc_int32_t kFinalSigma = 0x3C2;
constexpr utf8proc_int32_t kSigma = 0x3C3;
constexpr utf8proc_int32_t kDottedI = 0x130;
constexpr utf8proc_int32_t kDotAbove = 0x307;

struct Point {
  utf8proc_int32_t code = 0;  // negative: no UTF-8
  std::size_t bytes = 1;
};

Point point_at(std::string_view text) noexcept {
  Point point;
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4));
  const utf8proc_ssize_t read = utf8proc_iterate(bytes, size, &point.code);
  if (read > 0) {
    point.bytes = static_cast<std::size_t>(read);
  } else {
    point.code = -1;
  }
  return point;
}

/// str.isspace()
bool is_space(utf8proc_int32_t code) noexcept {
  return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 ||
         code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
         code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

std::vector<utf8proc_int32_t> points_of(std::string_view text) {
  std::vector<utf8proc_int32_t> points;
  while (!text.empty()) {
    const Point point = point_at(text);
    points.push_back(point.code < 0 ? 0xFFFD : point.code);
    text.remove_prefix(point.bytes);
  }
  return points;
}

/// Unicode's Case_Ignorable, of what has no category that says so.
bool is_ignorable_mark(utf8proc_int32_t code) noexcept {
  constexpr std::array<utf8proc_int32_t, 17> kMarks{0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                                    0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                                    0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  return std::binary_search(kMarks.begin(), kMarks.end(), code);
}

bool is_case_ignorable(utf8proc_int32_t code) noexcept {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return is_ignorable_mark(code);
  }
}

bool is_cased(utf8proc_int32_t code) noexcept {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return false;
  }
}

/// A sigma after a letter that ends its word.
bool is_final(const std::vector<utf8proc_int32_t>& points, std::size_t sigma) {
  std::size_t before = sigma;
  while (before > 0 && is_case_ignorable(points[before - 1])) --before;
  std::size_t after = sigma + 1;
  while (after < points.size() && is_case_ignorable(points[after])) ++after;
  return before > 0 && is_cased(points[before - 1]) &&
         (after == points.size() || !is_cased(points[after]));
}

void append(std::string& text, utf8proc_int32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t size = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

}  // namespace

std::string_view stripped(std::string_view text) noexcept {
  std::size_t end = 0;  // of what is no space
  std::size_t begin = text.size();
  for (std::size_t i = 0; i < text.size();) {
    const Point point = point_at(text.substr(i));
    if (!is_space(point.code)) {
      begin = std::min(begin, i);
      end = i + point.bytes;
    }
    i += point.bytes;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

std::string lowered(std::string_view text) {
  const std::vector<utf8proc_int32_t> points = points_of(text);
  std::string lower;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i] == kCapitalSigma) {
      append(lower, is_final(points, i) ? kFinalSigma : kSigma);
    } else if (points[i] == kDottedI) {
      append(lower, 'i');
      append(lower, kDotAbove);
    } else {
      append(lower, utf8proc_tolower(points[i]));
    }
  }
  return lower;
}

}  // namespace henson::tasks
