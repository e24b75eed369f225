#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <vector>

#include "henson/statistics.h"
#include "runtime/api/guarded.h"
#include "runtime/inspection/element_reader.h"
#include "runtime/inspection/weight_work.h"

namespace henson {
namespace {

using Matrix = Eigen::MatrixXd;
using runtime::ElementReader;

/// Half of the bits of a float32's fraction are lost in squares of doubles: enough for its rank.
constexpr double kEpsilon = 0x1p-23;

/// Rows and columns of a weight seen as a matrix.
struct Extent {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 1;  // of the rows that are looked at
};

std::optional<Extent> extent_of(const runtime::Tensor& tensor, std::int64_t most_work) {
  if (tensor.dim() < 2) return std::nullopt;
  const std::int64_t all = tensor.size(0);
  const std::int64_t columns = all == 0 ? 0 : tensor.numel() / all;
  const std::int64_t least = std::min(all, columns);
  if (least < 2 || least > kMostSpectrum) return std::nullopt;
  const std::int64_t affordable = std::max(least, most_work / (least * least));
  if (columns > affordable) return std::nullopt;
  const std::int64_t stride = (all + affordable - 1) / affordable;
  return Extent{(all + stride - 1) / stride, columns, stride};
}

/// Rows that are read and multiplied at once.
std::int64_t rows_a_block(const Extent& extent) {
  const std::int64_t read = std::max<std::int64_t>(1, extent.columns * extent.stride);
  return std::clamp<std::int64_t>(runtime::kBlock / read, 1, extent.rows);
}

/// Rows [first, last) of those that are looked at, each a column; nothing when one is not finite.
/// The rows between them are read as well: what lies in a file is read in pieces.
std::optional<Matrix> read_rows(const ElementReader& reader, const Extent& extent,
                                std::int64_t first, std::int64_t last) {
  Matrix block(extent.columns, last - first);
  const std::int64_t period = extent.stride * extent.columns;
  const std::int64_t start = first * period;
  std::int64_t at = 0;  // behind the start
  bool finite = true;
  reader.read(start, start + (last - first - 1) * period + extent.columns,
              [&](std::span<const double> numbers) {
                for (const double number : numbers) {
                  const std::int64_t column = at % period;
                  if (column < extent.columns) block(column, at / period) = number;
                  ++at;
                }
                finite = finite && std::all_of(numbers.begin(), numbers.end(),
                                               [](double number) { return std::isfinite(number); });
              });
  if (!finite) return std::nullopt;
  return block;
}

/// A tile of the products of all pairs of columns, which threads share out: each sums in the
/// order of the rows.
constexpr std::int64_t kTile = 192;

struct Tile {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

std::vector<Tile> lower_tiles(std::int64_t size) {
  std::vector<Tile> tiles;
  for (std::int64_t row = 0; row < size; row += kTile) {
    for (std::int64_t column = 0; column <= row; column += kTile) tiles.push_back({row, column});
  }
  return tiles;
}

/// gram += block * block^T, in its lower half.
void add_products(runtime::WeightWork& work, Matrix& gram, const Matrix& block) {
  const std::vector<Tile> tiles = lower_tiles(gram.rows());
  work.for_each(tiles.size(), [&](std::size_t task) {
    const auto [row, column] = tiles[task];
    const std::int64_t height = std::min(kTile, gram.rows() - row);
    const std::int64_t width = std::min(kTile, gram.rows() - column);
    gram.block(row, column, height, width).noalias() +=
        block.middleRows(row, height) * block.middleRows(column, width).transpose();
  });
}

/// The products of all pairs of rows or of columns, whichever are fewer; nothing when an element is
/// not finite.
std::optional<Matrix> gram_of(const ElementReader& reader, const Extent& extent,
                              runtime::WeightWork& work) {
  if (extent.rows < extent.columns) {
    const std::optional<Matrix> all = read_rows(reader, extent, 0, extent.rows);
    if (!all) return std::nullopt;
    Matrix gram = Matrix::Zero(extent.rows, extent.rows);
    add_products(work, gram, all->transpose());
    work.did(static_cast<std::uint64_t>(extent.rows));
    return gram;
  }
  Matrix gram = Matrix::Zero(extent.columns, extent.columns);
  const std::int64_t step = rows_a_block(extent);
  for (std::int64_t first = 0; first < extent.rows; first += step) {
    const std::int64_t last = std::min(extent.rows, first + step);
    const std::optional<Matrix> block = read_rows(reader, extent, first, last);
    if (!block) return std::nullopt;
    add_products(work, gram, *block);
    work.did(static_cast<std::uint64_t>(last - first));
  }
  return gram;
}

/// `squares`: of the singular values, the smallest first.
void count_directions(Spectrum& spectrum, const Eigen::VectorXd& squares) {
  const double largest = std::max(0.0, squares[squares.size() - 1]);
  spectrum.largest = std::sqrt(largest);
  const double floor =
      spectrum.largest * kEpsilon * static_cast<double>(std::max(spectrum.rows, spectrum.columns));
  const double total = squares.cwiseMax(0).sum();
  double held = 0;
  for (Eigen::Index i = squares.size(); i-- > 0 && largest > 0;) {
    const double square = std::max(0.0, squares[i]);
    spectrum.rank += std::sqrt(square) > floor ? 1 : 0;
    spectrum.rank90 += held < 0.9 * total ? 1 : 0;
    held += square;
  }
  spectrum.stable_rank = largest > 0 ? total / largest : 0;
}

}  // namespace

std::optional<Spectrum> spectrum_of(const WeightInfo& weight, const StatisticsOptions& options,
                                    std::int64_t most_work) {
  const runtime::Tensor* const tensor = runtime::elements_of(weight);
  if (tensor == nullptr) return std::nullopt;
  return runtime::guarded([&]() -> std::optional<Spectrum> {
    const std::optional<Extent> extent = extent_of(*tensor, most_work);
    if (!extent) return std::nullopt;
    const ElementReader reader(*tensor, ElementReader::Order::kRowMajor);
    runtime::WeightWork work(options, static_cast<std::uint64_t>(extent->rows));
    const std::optional<Matrix> gram = gram_of(reader, *extent, work);
    if (!gram) return std::nullopt;
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(*gram, Eigen::EigenvaluesOnly);
    Spectrum spectrum;
    spectrum.rows = extent->rows;
    spectrum.columns = extent->columns;
    spectrum.sampled = extent->stride > 1;
    count_directions(spectrum, solver.eigenvalues());
    return spectrum;
  });
}

}  // namespace henson
