#include "tools/tensor_values.h"

#include <algorithm>
#include <vector>

#include "tools/numbers.h"

namespace henson::tools {
namespace {

/// Of one dimension, shown from each end unless all are.
constexpr std::size_t kColumnsAnEnd = 4;
constexpr std::size_t kRowsAnEnd = 5;
constexpr std::size_t kMatricesAnEnd = 2;
constexpr std::size_t kGap = static_cast<std::size_t>(-1);  // "…"

/// The places of a dimension that are shown; kGap where some are left out.
std::vector<std::size_t> shown(std::size_t size, std::size_t at_each_end, bool all) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < size; ++i) {
    if (!all && size > 2 * at_each_end + 1 && i == at_each_end) {
      places.push_back(kGap);
      i = size - at_each_end;
    }
    places.push_back(i);
  }
  return places;
}

std::string label(std::size_t place) { return place == kGap ? "…" : std::to_string(place); }

/// Rows and columns of the last two dimensions.
struct Matrix {
  std::size_t rows = 1;
  std::size_t columns = 1;
  bool has_rows = false;
};

Matrix matrix_of(const std::vector<std::int64_t>& shape) {
  Matrix matrix;
  if (!shape.empty()) matrix.columns = static_cast<std::size_t>(shape.back());
  if (shape.size() < 2) return matrix;
  matrix.rows = static_cast<std::size_t>(shape[shape.size() - 2]);
  matrix.has_rows = true;
  return matrix;
}

void print_matrix(std::ostream& out, const Tensor& tensor, const Matrix& matrix, std::size_t start,
                  bool all) {
  const std::vector<std::size_t> columns = shown(matrix.columns, kColumnsAnEnd, all);
  Table table(std::vector<Table::Align>(columns.size() + 1, Table::Align::kRight), "  ");
  std::vector<std::string> heading{""};
  for (const std::size_t column : columns) heading.push_back(label(column));
  if (!tensor.shape().empty()) table.add(std::move(heading));
  for (const std::size_t row : shown(matrix.rows, kRowsAnEnd, all)) {
    std::vector<std::string> cells{matrix.has_rows ? label(row) : ""};
    for (const std::size_t column : columns) {
      cells.push_back(row == kGap || column == kGap
                          ? "…"
                          : format_element(tensor, start + row * matrix.columns + column));
    }
    table.add(std::move(cells));
  }
  table.print(out);
}

Json list_at(const Tensor& tensor, std::size_t dim, std::size_t& next) {
  if (dim == tensor.shape().size()) {
    const std::size_t index = next++;
    if (tensor.dtype() == DType::kBool) return integer_at(tensor, index) != 0;
    if (!is_floating(tensor.dtype())) return integer_at(tensor, index);
    return number_as_json(number_at(tensor, index));
  }
  Json list = Json::array();
  for (std::int64_t i = 0; i < tensor.shape()[dim]; ++i) {
    list.push_back(list_at(tensor, dim + 1, next));
  }
  return list;
}

}  // namespace

void print_values(std::ostream& out, const Tensor& tensor, bool all) {
  if (tensor.element_count() == 0) {
    out << "  no elements\n";
    return;
  }
  const std::vector<std::int64_t>& shape = tensor.shape();
  const Matrix matrix = matrix_of(shape);
  const std::size_t size = matrix.rows * matrix.columns;
  const std::size_t count = static_cast<std::size_t>(tensor.element_count()) / size;
  const std::vector<std::int64_t> outer(shape.begin(),
                                        shape.size() < 2 ? shape.begin() : shape.end() - 2);
  for (const std::size_t i : shown(count, kMatricesAnEnd, all)) {
    if (i == kGap) {
      out << "  …\n";
      continue;
    }
    if (!outer.empty()) out << "  " << place_in(outer, i) << '\n';
    print_matrix(out, tensor, matrix, i * size, all);
  }
}

Json values_as_json(const Tensor& tensor) {
  std::size_t next = 0;
  return list_at(tensor, 0, next);
}

}  // namespace henson::tools
