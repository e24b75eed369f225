// How alike numbers are to the exact ones that they stand for.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace henson::tools {

/// 1 for two rows of zeros, 0 for one; NaN where a number is not finite.
double cosine(std::span<const float> a, std::span<const float> b);

/// Rows of numbers beside the exact ones, added up row by row.
class RowComparison {
 public:
  /// Numbers that are not finite, but the same in both rows, are left out. Where they differ, the
  /// cosine is NaN and the error infinite.
  void add(std::span<const float> exact, std::span<const float> found);

  std::size_t rows() const noexcept { return rows_; }
  /// Whether a row has a direction and a largest number: more than one number.
  bool has_directions() const noexcept { return width_ > 1; }
  double mean_cosine() const noexcept { return cosines_ / static_cast<double>(rows_); }
  double least_cosine() const noexcept { return least_; }
  /// The share of rows with the largest number in the same place.
  double agreement() const noexcept;
  /// max|found - exact| / max(1, max|exact|), over all rows.
  double error() const noexcept;

 private:
  std::size_t rows_ = 0;
  std::size_t width_ = 0;  // of the widest row
  std::size_t agreeing_ = 0;
  double cosines_ = 0;
  double least_ = 1;
  double difference_ = 0;
  double magnitude_ = 0;
};

/// The cosines of all pairs of rows, those of the first row first.
std::vector<double> pair_cosines(const std::vector<std::vector<float>>& rows);

/// Spearman's: the correlation of the ranks, equal numbers sharing the mean of theirs. Nothing for
/// fewer than three numbers, where all of one side are equal, and where one is NaN.
std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace henson::tools
