// What the numbers in an archive's tensors are like, without running anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "henson/henson.h"
#include "henson/visibility.h"

namespace henson {

struct StatisticsOptions {
  int threads =
      0;  // 0: as many as can run at once; at most kMostThreads. Results do not depend on it
  /// Once it is asked to stop, the call ends soon, with kCancelled.
  std::stop_token stop = {};
  /// Called now and then, on any thread but never on two at once, with how much of the work is
  /// done. It must not throw.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

inline constexpr std::size_t kHistogramBins = 64;
/// A finite element is an outlier when it is farther from the mean than so many standard
/// deviations.
inline constexpr double kOutlierDeviations = 6;

/// Of the elements of one weight, as real numbers: quantized ones as they are computed with. Sums
/// are of doubles, in an order that depends on nothing but the tensor.
struct WeightStatistics {
  std::uint64_t count = 0;
  std::uint64_t zeros = 0;
  std::uint64_t nans = 0;
  std::uint64_t infinities = 0;
  std::uint64_t outliers = 0;  // see kOutlierDeviations

  // Of the finite elements; 0 where there are none.
  double mean = 0;
  double deviation = 0;  // the standard deviation: of all elements, not of a sample (divided by n)
  double least = 0;
  double largest = 0;
  double norm = 0;  // L2
  /// How many lie in each of kHistogramBins parts of [least, largest], all equally wide. Where all
  /// are equal, they are in the first.
  std::array<std::uint64_t, kHistogramBins> histogram{};

  std::uint64_t finite() const noexcept { return count - nans - infinities; }
  /// outliers / count; 0 of no elements.
  double outlier_share() const noexcept;
};

/// For each weight, in order; nothing for one whose elements the archive does not hold. Tensors
/// over the very same elements are read once. Memory: a few megabytes a thread.
HENSON_API std::vector<std::optional<WeightStatistics>> statistics_of(
    std::span<const WeightInfo> weights, const StatisticsOptions& options = {});

/// How many directions a matrix has, by its singular values. A tensor of more dimensions counts as
/// the matrix of its first dimension's rows.
struct Spectrum {
  std::int64_t rows = 0;  // that were looked at
  std::int64_t columns = 0;
  bool sampled = false;  // not all rows: as many as the work allows, evenly spaced
  double largest = 0;    // singular value
  /// Singular values above max(rows, columns) * 2^-23 * largest, as numpy.linalg.matrix_rank counts
  /// those of float32.
  std::int64_t rank = 0;
  /// The fewest singular values that hold 90% of the sum of their squares.
  std::int64_t rank90 = 0;
  double stable_rank = 0;  // the sum of the squares over the largest square
};

/// The largest smaller dimension that spectrum_of takes on.
inline constexpr std::int64_t kMostSpectrum = 2048;
/// Multiply-adds of the products of all pairs of columns: some ten seconds of one thread.
inline constexpr std::int64_t kMostSpectrumWork = std::int64_t{1} << 35;

/// Nothing for what has no two dimensions larger than 1, whose elements are not all finite or not
/// there, and whose smaller dimension is above kMostSpectrum. Of what would be more work than
/// `most_work`, some rows are looked at.
HENSON_API std::optional<Spectrum> spectrum_of(const WeightInfo& weight,
                                               const StatisticsOptions& options = {},
                                               std::int64_t most_work = kMostSpectrumWork);

/// The L2 norm of each row of a matrix: of the vector of each token, in a table of them. Nothing
/// for what is no matrix or has no elements.
HENSON_API std::optional<std::vector<double>> row_norms_of(const WeightInfo& weight,
                                                           const StatisticsOptions& options = {});

/// All elements, quantized ones as the float32 numbers that they stand for. Throws henson::Error
/// (kBadInput) for a weight whose elements the archive does not hold.
HENSON_API Tensor real_values_of(const WeightInfo& weight);

}  // namespace henson
