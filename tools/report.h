// How the commands write: numbers, shapes, aligned tables, JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// Objects keep the order in which their fields were set.
using Json = nlohmann::ordered_json;

/// "[1, 7, 32]"
std::string format_shape(std::span<const std::int64_t> shape);
/// "512 B", "1.5 MB": decimal units.
std::string format_bytes(std::uint64_t bytes);
/// "12,345"
std::string format_count(std::uint64_t count);
/// "0.50" with two digits.
std::string format_fixed(double number, int digits);
/// Three digits or more: "0.0712", "8.31", "164".
std::string format_milliseconds(double milliseconds);
/// "1.2e-07", "0", "inf"
std::string format_error(double error);
/// Three digits that count: "0.0416", "-12.3", "1.2e-07".
std::string format_figure(double number);
/// Two: "0.042".
std::string format_rough(double number);
/// A share in percent: "0.0013%", "12%", "0".
std::string format_share(double share);
/// An element of a tensor, as short as it can be told from its neighbours: "-0.1234567", "101".
std::string format_element(const Tensor& tensor, std::size_t index);
/// The first elements, "0.12 -0.5 …".
std::string format_start(const Tensor& tensor, std::size_t count);
/// "1 archive", "2 archives"
std::string plural(std::size_t count, std::string_view noun);

/// Text that came from a file, made safe to print: control characters become "\x1b".
std::string printable(std::string_view text);

/// Columns padded to their widest cell. Widths are in characters of UTF-8.
class Table {
 public:
  enum class Align { kLeft, kRight };
  explicit Table(std::vector<Align> columns, std::string indent = "");
  /// A cell a column; a row may be shorter.
  void add(std::vector<std::string> cells);
  /// A line of its own, which no column is made wider for.
  void add_line(std::string line);
  bool empty() const noexcept { return rows_.empty(); }
  void print(std::ostream& out) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    bool is_line = false;
  };
  std::vector<Align> columns_;
  std::string indent_;
  std::vector<Row> rows_;
};

/// `text` padded with blanks on the right (left when `right` is true) to `width` characters.
std::string pad(std::string text, std::size_t width, bool right = false);
/// The number of characters of UTF-8.
std::size_t width_of(std::string_view text);

/// The first elements as JSON numbers; NaN and infinities become strings.
Json start_as_json(const Tensor& tensor, std::size_t count);
/// A number, or "nan", "inf", "-inf", which JSON's numbers lack.
Json number_as_json(double number);
/// The whole text, indented; bytes that are not UTF-8 are replaced.
void print_json(std::ostream& out, const Json& json);

}  // namespace henson::tools
