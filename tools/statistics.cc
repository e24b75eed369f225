#include "tools/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace henson::tools {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Sums that a cosine is made of.
struct Products {
  double aa = 0;
  double bb = 0;
  double ab = 0;

  void add(double a, double b) {
    aa += a * a;
    bb += b * b;
    ab += a * b;
  }
  double cosine() const {
    if (aa == 0 || bb == 0) return aa == bb ? 1 : 0;
    return ab / std::sqrt(aa) / std::sqrt(bb);
  }
};

/// The place of the largest number, the first of several.
std::size_t place_of_largest(std::span<const float> row) {
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

/// The place of each number in order, from 0; equal ones have the mean of their places.
std::vector<double> ranks_of(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  std::vector<double> ranks(numbers.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && numbers[order[last]] == numbers[order[first]]) ++last;
    const double rank = static_cast<double>(first + last - 1) / 2;
    for (std::size_t i = first; i < last; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

}  // namespace

double cosine(std::span<const float> a, std::span<const float> b) {
  Products products;
  for (std::size_t i = 0; i < a.size(); ++i) products.add(a[i], b[i]);
  return products.cosine();
}

void RowComparison::add(std::span<const float> exact, std::span<const float> found) {
  Products products;
  bool odd = false;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double a = exact[i];
    const double b = found[i];
    if (std::isfinite(a) && std::isfinite(b)) {
      products.add(a, b);
      difference_ = std::max(difference_, std::abs(a - b));
      magnitude_ = std::max(magnitude_, std::abs(a));
    } else {
      odd = odd || !(a == b || (std::isnan(a) && std::isnan(b)));
    }
  }
  const double alike = odd ? kNaN : products.cosine();
  if (odd) difference_ = kInfinity;
  ++rows_;
  width_ = std::max(width_, exact.size());
  agreeing_ += place_of_largest(exact) == place_of_largest(found) ? 1 : 0;
  cosines_ += alike;
  if (!std::isnan(least_) && !(alike >= least_)) least_ = alike;  // a NaN stays
}

double RowComparison::agreement() const noexcept {
  return static_cast<double>(agreeing_) / static_cast<double>(rows_);
}

double RowComparison::error() const noexcept { return difference_ / std::max(1.0, magnitude_); }

std::vector<double> pair_cosines(const std::vector<std::vector<float>>& rows) {
  std::vector<double> cosines;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) cosines.push_back(cosine(rows[i], rows[j]));
  }
  return cosines;
}

std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b) {
  const auto is_nan = [](double number) { return std::isnan(number); };
  if (a.size() < 3 || std::ranges::any_of(a, is_nan) || std::ranges::any_of(b, is_nan)) return {};
  const std::vector<double> left = ranks_of(a);
  const std::vector<double> right = ranks_of(b);
  const double mean = static_cast<double>(a.size() - 1) / 2;  // of the ranks, ties or not
  Products products;
  for (std::size_t i = 0; i < a.size(); ++i) products.add(left[i] - mean, right[i] - mean);
  if (products.aa == 0 || products.bb == 0) return {};
  return products.cosine();
}

}  // namespace henson::tools
