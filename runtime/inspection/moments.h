// Sums over numbers, so that those of parts make those of the whole.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "henson/statistics.h"

namespace henson::runtime {

struct Moments {
  std::uint64_t finite = 0;
  std::uint64_t zeros = 0;
  std::uint64_t nans = 0;
  std::uint64_t infinities = 0;
  // Of the finite numbers.
  double mean = 0;
  double distance = 0;  // the sum of the squared distances from the mean
  double squares = 0;   // the sum of the squares
  double least = 0;
  double largest = 0;
};

/// Of at most ElementReader::kChunk numbers.
Moments moments_of(std::span<const double> numbers);

/// Adds those of numbers that come behind. Deterministic, but not associative.
void add(Moments& moments, const Moments& more);

/// Which part of [least, largest] each number lies in, and which are outliers.
class Binning {
 public:
  using Bins = std::array<std::uint64_t, kHistogramBins>;

  Binning(double mean, double deviation, double least, double largest);
  /// Adds the finite ones of `numbers`; returns how many are outliers.
  std::uint64_t count(std::span<const double> numbers, Bins& bins) const;

 private:
  double mean_;
  double farthest_;
  double least_;  // halved, so that no difference overflows
  double scale_;
};

}  // namespace henson::runtime
