// Arithmetic on numbers that a file or a caller chose: what does not fit into 64 bits is said, and
// never becomes a wrapped size.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace henson::runtime {

inline std::optional<std::int64_t> try_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}
inline std::optional<std::int64_t> try_subtract(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  return __builtin_sub_overflow(a, b, &difference) ? std::nullopt : std::optional(difference);
}
inline std::optional<std::int64_t> try_multiply(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}
/// Toward zero; b is not 0. The lowest number has no negative.
inline std::optional<std::int64_t> try_divide(std::int64_t a, std::int64_t b) noexcept {
  return b == -1 ? try_subtract(0, a) : std::optional(a / b);
}

/// The nearest number that there is: for guesses and comparisons, where a size that cannot be is as
/// good as another.
inline std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  return try_add(a, b).value_or(b < 0 ? Limits::min() : Limits::max());
}

inline std::int64_t saturated_difference(std::int64_t a, std::int64_t b) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  return try_subtract(a, b).value_or(b < 0 ? Limits::max() : Limits::min());
}

/// Throw henson::Error (kBadInput) with both numbers where the result does not fit.
std::int64_t checked_add(std::int64_t a, std::int64_t b);
std::int64_t checked_subtract(std::int64_t a, std::int64_t b);
std::int64_t checked_multiply(std::int64_t a, std::int64_t b);
std::int64_t checked_divide(std::int64_t a, std::int64_t b);  // try_divide

}  // namespace henson::runtime
