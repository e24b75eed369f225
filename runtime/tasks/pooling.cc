#include "runtime/tasks/pooling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace henson::tasks {
namespace {

/// The sum of the rows, each times its weight, over `divisor`. From the first row on, in floats, as
/// PyTorch sums.
template <typename Weight>
void add_sum(const TokenRows& rows, std::size_t first, const Weight& weight, float divisor,
             std::span<float> sum) {
  for (std::size_t i = first; i < rows.count(); ++i) {
    const std::span<const float> row = rows.row(i);
    const float factor = weight(i);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += factor * row[k];
  }
  for (float& value : sum) value /= divisor;
}

constexpr float kLeastDivisor = 1e-9F;

void add_mean(const TokenRows& rows, std::size_t first, bool of_square_root,
              std::span<float> mean) {
  const auto count = std::max(static_cast<float>(rows.count() - first), kLeastDivisor);
  const auto same = [](std::size_t) { return 1.0F; };
  add_sum(rows, first, same, of_square_root ? std::sqrt(count) : count, mean);
}

void add_weighted_mean(const TokenRows& rows, std::size_t first, std::span<float> mean) {
  const auto weight = [](std::size_t i) { return static_cast<float>(i + 1); };
  float weights = 0;
  for (std::size_t i = first; i < rows.count(); ++i) weights += weight(i);
  add_sum(rows, first, weight, std::max(weights, kLeastDivisor), mean);
}

void add_max(const TokenRows& rows, std::size_t first, std::span<float> most) {
  std::fill(most.begin(), most.end(), -std::numeric_limits<float>::infinity());
  for (std::size_t i = first; i < rows.count(); ++i) {
    const std::span<const float> row = rows.row(i);
    for (std::size_t k = 0; k < most.size(); ++k) most[k] = std::max(most[k], row[k]);
  }
}

}  // namespace

void pool(const TokenRows& rows, Pooling pooling, std::size_t first, std::vector<float>& pooled) {
  const std::size_t before = pooled.size();
  pooled.resize(before + rows.size);
  const std::span<float> made = std::span(pooled).subspan(before);
  first = std::min(first, rows.count());
  const auto copy = [&](std::size_t i) {
    const std::span<const float> row = rows.row(i);
    std::copy(row.begin(), row.end(), made.begin());
  };
  switch (pooling) {
    case Pooling::kFirst:
      return copy(0);
    case Pooling::kLast:
      return copy(rows.count() - 1);
    case Pooling::kMax:
      return add_max(rows, first, made);
    case Pooling::kMeanSqrtLength:
      return add_mean(rows, first, true, made);
    case Pooling::kWeightedMean:
      return add_weighted_mean(rows, first, made);
    case Pooling::kAuto:
    case Pooling::kMean:
      return add_mean(rows, first, false, made);
  }
}

std::string_view name_of(Pooling pooling) noexcept {
  switch (pooling) {
    case Pooling::kFirst:
      return "cls";
    case Pooling::kLast:
      return "lasttoken";
    case Pooling::kMax:
      return "max";
    case Pooling::kMean:
      return "mean";
    case Pooling::kMeanSqrtLength:
      return "mean_sqrt_len";
    case Pooling::kWeightedMean:
      return "weightedmean";
    case Pooling::kAuto:
      break;
  }
  return "";
}

std::string names_of(std::span<const Pooling> poolings) {
  std::string names;
  for (const Pooling pooling : poolings) {
    names += (names.empty() ? "" : " + ") + std::string(name_of(pooling));
  }
  return names;
}

}  // namespace henson::tasks
