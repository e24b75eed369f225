#include "tools/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "tools/numbers.h"

namespace henson::tools {
namespace {

std::string format_number(const char* format, double number) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, number);
  return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

/// The shortest text that reads back as the same number of type T.
template <typename T>
std::string shortest(T number) {
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), result.ptr};
}

}  // namespace

std::string format_shape(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 4> kUnits{"kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (size >= 999.5 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  return format_number(size < 9.995   ? "%.2f "
                       : size < 99.95 ? "%.1f "
                                      : "%.0f ",
                       size) +
         kUnits[unit];
}

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string format_fixed(double number, int digits) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), std::min(static_cast<std::size_t>(std::max(length, 0)), text.size() - 1)};
}

std::string format_milliseconds(double milliseconds) {
  const int digits = milliseconds < 0.1 ? 4 : milliseconds < 1 ? 3 : milliseconds < 100 ? 2 : 0;
  return format_fixed(milliseconds, digits);
}

std::string format_error(double error) { return error == 0 ? "0" : format_number("%.1e", error); }

std::string format_figure(double number) { return format_number("%.3g", number + 0.0); }

std::string format_rough(double number) { return format_number("%.2g", number + 0.0); }

std::string format_share(double share) {
  if (share == 0) return "0";
  return format_number(share < 0.0995 ? "%.2g%%" : "%.0f%%", 100 * share);
}

std::string format_element(const Tensor& tensor, std::size_t index) {
  const DType dtype = tensor.dtype();
  if (dtype == DType::kBool) return integer_at(tensor, index) != 0 ? "True" : "False";
  if (!is_floating(dtype)) return std::to_string(integer_at(tensor, index));
  const double number = number_at(tensor, index);
  return dtype == DType::kFloat64 ? shortest(number) : shortest(static_cast<float>(number));
}

std::string format_start(const Tensor& tensor, std::size_t count) {
  const auto all = static_cast<std::size_t>(tensor.element_count());
  std::string text;
  for (std::size_t i = 0; i < std::min(all, count); ++i) {
    if (i > 0) text += ' ';
    text += is_floating(tensor.dtype()) ? pad(format_number("%.6g", number_at(tensor, i)), 10, true)
                                        : format_element(tensor, i);
  }
  return all > count ? text + " …" : text;
}

std::string plural(std::size_t count, std::string_view noun) {
  return format_count(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      safe += c;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    safe += "\\x";
    safe += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return safe;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not a continuation byte
  }));
}

std::string pad(std::string text, std::size_t width, bool right) {
  const std::size_t have = width_of(text);
  if (have >= width) return text;
  return right ? std::string(width - have, ' ') + text : text + std::string(width - have, ' ');
}

Table::Table(std::vector<Align> columns, std::string indent)
    : columns_(std::move(columns)), indent_(std::move(indent)) {}

void Table::add(std::vector<std::string> cells) { rows_.push_back({std::move(cells), false}); }

void Table::add_line(std::string line) { rows_.push_back({{std::move(line)}, true}); }

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const Row& row : rows_) {
    if (row.is_line) continue;
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      widths[c] = std::max(widths[c], width_of(row.cells[c]));
    }
  }
  for (const Row& row : rows_) {
    std::string line = indent_;
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      if (c > 0) line += "  ";
      line +=
          row.is_line ? row.cells[c] : pad(row.cells[c], widths[c], columns_[c] == Align::kRight);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

Json number_as_json(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

Json start_as_json(const Tensor& tensor, std::size_t count) {
  Json numbers = Json::array();
  const auto all = static_cast<std::size_t>(tensor.element_count());
  for (std::size_t i = 0; i < std::min(all, count); ++i) {
    if (tensor.dtype() == DType::kBool) {
      numbers.push_back(integer_at(tensor, i) != 0);
    } else if (is_floating(tensor.dtype())) {
      numbers.push_back(number_as_json(number_at(tensor, i)));
    } else {
      numbers.push_back(integer_at(tensor, i));
    }
  }
  return numbers;
}

void print_json(std::ostream& out, const Json& json) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace henson::tools
