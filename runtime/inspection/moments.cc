#include "runtime/inspection/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/inspection/element_reader.h"

namespace henson::runtime {
namespace {

/// Sums that do not wait for each other.
constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

double total(const Lanes& lanes) {
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

/// The sum of f(number). Numbers that fill no lanes go to the first ones.
template <typename F>
double sum_of(std::span<const double> numbers, F&& f) {
  Lanes sums{};
  const std::size_t whole = numbers.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += f(numbers[i + lane]);
  }
  for (std::size_t i = whole; i < numbers.size(); ++i) sums[i - whole] += f(numbers[i]);
  return total(sums);
}

bool all_finite(std::span<const double> numbers) {
  // 0 * x is NaN for what is not finite, and NaN stays in a sum.
  return sum_of(numbers, [](double number) { return number * 0; }) == 0;
}

void find_ends(std::span<const double> numbers, Moments& moments) {
  Lanes least;
  Lanes largest;
  least.fill(numbers[0]);
  largest.fill(numbers[0]);
  const std::size_t whole = numbers.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double number = numbers[i + lane];
      least[lane] = number < least[lane] ? number : least[lane];
      largest[lane] = number > largest[lane] ? number : largest[lane];
    }
  }
  for (std::size_t i = whole; i < numbers.size(); ++i) {
    least[0] = std::min(least[0], numbers[i]);
    largest[0] = std::max(largest[0], numbers[i]);
  }
  moments.least = *std::min_element(least.begin(), least.end());
  moments.largest = *std::max_element(largest.begin(), largest.end());
}

Moments moments_of_finite(std::span<const double> numbers) {
  Moments moments;
  if (numbers.empty()) return moments;
  moments.finite = numbers.size();
  const double sum = sum_of(numbers, [](double number) { return number; });
  const double mean = sum / static_cast<double>(numbers.size());
  moments.mean = mean;
  moments.squares = sum_of(numbers, [](double number) { return number * number; });
  moments.distance =
      sum_of(numbers, [mean](double number) { return (number - mean) * (number - mean); });
  moments.zeros = static_cast<std::uint64_t>(
      sum_of(numbers, [](double number) { return number == 0 ? 1.0 : 0.0; }));
  find_ends(numbers, moments);
  return moments;
}

}  // namespace

Moments moments_of(std::span<const double> numbers) {
  if (all_finite(numbers)) return moments_of_finite(numbers);
  std::array<double, ElementReader::kChunk> finite;
  std::size_t count = 0;
  std::uint64_t nans = 0;
  for (const double number : numbers) {
    if (std::isfinite(number)) finite[count++] = number;
    nans += std::isnan(number) ? 1 : 0;
  }
  Moments moments = moments_of_finite({finite.data(), count});
  moments.nans = nans;
  moments.infinities = numbers.size() - count - nans;
  return moments;
}

void add(Moments& moments, const Moments& more) {
  moments.nans += more.nans;
  moments.infinities += more.infinities;
  if (more.finite == 0) return;
  if (moments.finite == 0) {
    const std::uint64_t nans = moments.nans;
    const std::uint64_t infinities = moments.infinities;
    moments = more;
    moments.nans = nans;
    moments.infinities = infinities;
    return;
  }
  const auto have = static_cast<double>(moments.finite);
  const auto come = static_cast<double>(more.finite);
  const double apart = more.mean - moments.mean;
  moments.distance += more.distance + apart * apart * (have * come / (have + come));
  moments.mean += apart * (come / (have + come));
  moments.squares += more.squares;
  moments.zeros += more.zeros;
  moments.finite += more.finite;
  moments.least = std::min(moments.least, more.least);
  moments.largest = std::max(moments.largest, more.largest);
}

Binning::Binning(double mean, double deviation, double least, double largest)
    : mean_(mean),
      farthest_(kOutlierDeviations * deviation),
      least_(least / 2),
      scale_(largest > least ? static_cast<double>(kHistogramBins) / (largest / 2 - least_) : 0) {
  // So close together that the quotient overflows: one bin.
  if (!std::isfinite(scale_)) scale_ = 0;
}

std::uint64_t Binning::count(std::span<const double> numbers, Bins& bins) const {
  std::uint64_t outliers = 0;
  for (const double number : numbers) {
    if (!(std::abs(number) <= std::numeric_limits<double>::max())) continue;
    outliers += std::abs(number - mean_) > farthest_ ? 1 : 0;
    const auto bin = static_cast<std::size_t>((number / 2 - least_) * scale_);
    ++bins[std::min(bin, kHistogramBins - 1)];
  }
  return outliers;
}

}  // namespace henson::runtime
