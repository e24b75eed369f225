#include "runtime/unlock/number_forms.h"

#include <cmath>
#include <vector>

namespace henson::runtime {
namespace {

/// Whether one is a few times the other, or a few parts of it.
bool is_simple_ratio(double ratio) {
  for (int parts = 1; parts <= 8; ++parts) {
    const double times = std::round(ratio * parts);
    if (times >= 1 && times <= 8 && same_number(ratio * parts, times)) return true;
  }
  return false;
}

}  // namespace

bool same_number(double a, double b) { return std::abs(a - b) <= 3e-7 * std::abs(b); }

std::optional<std::int64_t> whole(double value) {
  constexpr double kLargest = 1 << 20;
  if (!(value > 0.5 && value < kLargest)) return std::nullopt;
  const double rounded = std::round(value);
  if (!same_number(value, rounded)) return std::nullopt;
  return static_cast<std::int64_t>(rounded);
}

bool is_common(double value) {
  const double size = std::abs(value);
  for (const double common : {0.0, 0.5, 1.0, 2.0, std::sqrt(2.0), std::sqrt(0.5)}) {
    if (size == common || same_number(size, common)) return true;
  }
  return false;
}

bool may_scale(double value, std::int64_t t, bool sum) {
  const auto size = static_cast<double>(t);
  std::vector<double> made = {size,
                              size - 1,
                              std::sqrt(size),
                              std::log(size),
                              std::log(size + 1),
                              std::log2(size),
                              size / (size - 1)};
  if (sum) made.insert(made.end(), {size - 2, size + 1});
  for (const double number : made) {
    if (number > 0 && (same_number(value, number) || same_number(value, 1 / number))) return true;
  }
  // A share of a model's usual limit.
  for (const double whole_size : {128., 256., 512., 1000., 1024.}) {
    if (same_number(value * whole_size, size)) return true;
  }
  return false;
}

bool is_hand_made(double value) {
  const std::optional<std::int64_t> number = whole(value);
  return number && *number >= 64 && (*number & (*number - 1)) == 0;
}

bool may_scale_places(double value, std::int64_t t) {
  const auto length = static_cast<double>(t);
  const double made[] = {value, value / std::acos(-1.0), std::exp(value), -std::expm1(-value)};
  for (const double size : {length, length - 1, length + 1, std::sqrt(length), length * length}) {
    for (const double number : made) {
      if (is_simple_ratio(number / size) || is_simple_ratio(number * size)) return true;
    }
  }
  return false;
}

bool may_limit_places(std::int64_t number, std::int64_t t) {
  for (const std::int64_t parts : {2, 3, 4}) {
    if (number >= (t - 1) / parts && number <= (t + 1) / parts) return true;
  }
  const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(t)));
  return number == root || number == root + 1 || (number >= 2 * t - 1 && number <= 2 * t + 1);
}

}  // namespace henson::runtime
