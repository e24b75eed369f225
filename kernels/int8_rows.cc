#include "kernels/int8_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8_rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

using IntTag = hn::RebindToSigned<FloatTag>;

inline constexpr std::int32_t kInfinity = 0x7f800000;

/// |x| as the bits of a float, which grow with it: infinities and NaN are above all numbers.
HWY_INLINE hn::Vec<IntTag> magnitude(FloatVector x) { return hn::BitCast(IntTag(), hn::Abs(x)); }

/// f(k, count, vector) for each vector of x, the last with zeros behind `count` values.
template <class F>
HWY_INLINE void for_vectors(const float* x, std::size_t depth, F f) {
  std::size_t k = 0;
  for (; k + kLanes <= depth; k += kLanes) f(k, kLanes, hn::LoadU(FloatTag(), x + k));
  if (k < depth) f(k, depth - k, load_part(x + k, depth - k));
}

/// The two largest magnitudes.
struct Largest {
  std::int32_t first = 0;
  std::int32_t second = 0;
};

HWY_INLINE Largest largest_two(const float* x, std::size_t depth) {
  const IntTag d;
  // Four pairs, to keep the units busy.
  hn::Vec<IntTag> first[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  hn::Vec<IntTag> second[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  const auto take = [&](std::size_t i, FloatVector value) HWY_ATTR {
    const auto own = magnitude(value);
    second[i] = hn::Max(second[i], hn::Min(first[i], own));
    first[i] = hn::Max(first[i], own);
  };
  std::size_t k = 0;
  for (; k + 4 * kLanes <= depth; k += 4 * kLanes) {
    for (std::size_t i = 0; i < 4; ++i) take(i, hn::LoadU(FloatTag(), x + k + i * kLanes));
  }
  for_vectors(x + k, depth - k,
              [&](std::size_t, std::size_t, FloatVector value) HWY_ATTR { take(0, value); });
  std::int32_t lanes[8 * kLanes];
  for (std::size_t i = 0; i < 4; ++i) {
    hn::StoreU(first[i], d, lanes + 2 * i * kLanes);
    hn::StoreU(second[i], d, lanes + (2 * i + 1) * kLanes);
  }
  Largest largest;
  for (const std::int32_t own : lanes) {
    largest.second = std::max(largest.second, std::min(largest.first, own));
    largest.first = std::max(largest.first, own);
  }
  return largest;
}

struct Range {
  float least = 0;  // at most 0
  float most = 0;   // at least 0
};

/// The range of all but the first `apart` values whose magnitude is at least `limit`; these are
/// noted.
HWY_INLINE Range range_without(const float* x, std::size_t depth, std::int32_t limit,
                               std::size_t apart, PieceScale& piece) {
  const FloatTag d;
  FloatVector least = hn::Zero(d);
  FloatVector most = hn::Zero(d);
  Range range;
  std::size_t found = 0;
  for_vectors(x, depth, [&](std::size_t k, std::size_t count, FloatVector value) HWY_ATTR {
    const auto large = hn::RebindMask(d, hn::Gt(magnitude(value), hn::Set(IntTag(), limit - 1)));
    if (HWY_UNLIKELY(!hn::AllFalse(d, large))) {
      for (std::size_t i = k; i < k + count; ++i) {
        std::int32_t bits;
        std::memcpy(&bits, x + i, sizeof(bits));
        if ((bits & 0x7fffffff) < limit) continue;
        if (found < apart) {
          piece.at[found] = static_cast<std::uint32_t>(i);
          piece.apart[found++] = x[i];
        } else {
          range.least = std::min(range.least, x[i]);
          range.most = std::max(range.most, x[i]);
        }
      }
      value = hn::IfThenZeroElse(large, value);
    }
    least = hn::Min(least, value);
    most = hn::Max(most, value);
  });
  range.least = std::min(range.least, hn::GetLane(hn::MinOfLanes(d, least)));
  range.most = std::max(range.most, hn::GetLane(hn::MaxOfLanes(d, most)));
  return range;
}

/// clamp(round(x · factor + zero)). What does not fit, as those apart, gives anything.
HWY_INLINE void to_bytes(const float* x, std::size_t depth, float factor, float zero, int most,
                         std::uint8_t* bytes) {
  const FloatTag d;
  const IntTag di;
  const hn::Rebind<std::uint8_t, FloatTag> narrow;
  // Adding 1.5 · 2^23 rounds to a whole number, and leaves it in the lowest bits.
  constexpr float kShifter = 12582912.0F;
  constexpr std::int32_t kShifterBits = 0x4b400000;
  for_vectors(x, depth, [&](std::size_t k, std::size_t count, FloatVector value) HWY_ATTR {
    const FloatVector sum = hn::MulAdd(value, hn::Set(d, factor), hn::Set(d, kShifter + zero));
    const auto number =
        hn::Max(hn::Sub(hn::BitCast(di, sum), hn::Set(di, kShifterBits)), hn::Zero(di));
    const auto clamped = hn::DemoteTo(narrow, hn::Min(number, hn::Set(di, most)));
    if (HWY_LIKELY(count == kLanes)) {
      hn::StoreU(clamped, narrow, bytes + k);
    } else {
      std::uint8_t last[kLanes];
      hn::StoreU(clamped, narrow, last);
      std::memcpy(bytes + k, last, count);
    }
  });
}

void quantize_one(const float* x, std::size_t depth, int most, std::size_t apart,
                  std::uint8_t* bytes, PieceScale& piece) noexcept {
  piece = {};
  const Largest largest = largest_two(x, depth);
  // Above all where none is to be taken apart; zeros need not be.
  const std::int32_t limit = apart == 0   ? kInfinity + 1
                             : apart == 1 ? largest.first
                                          : largest.second;
  const Range range = range_without(x, depth, std::max<std::int32_t>(1, limit), apart, piece);
  const float step = (range.most - range.least) / static_cast<float>(most);
  const bool finite = largest.first < kInfinity && step < std::numeric_limits<float>::infinity();
  // What is smaller than any normal number is nothing.
  const bool zeros = !(step >= std::numeric_limits<float>::min());
  const float factor = zeros ? 0.0F : 1 / step;
  piece.scale = finite ? (zeros ? 0.0F : step) : std::numeric_limits<float>::quiet_NaN();
  piece.zero = finite ? std::nearbyint(-range.least * factor) : 0;
  to_bytes(x, depth, factor, piece.zero, most, bytes);
  for (std::size_t i = 0; i < apart; ++i) {
    if (piece.apart[i] != 0) bytes[piece.at[i]] = static_cast<std::uint8_t>(piece.zero);
  }
  std::memset(bytes + depth, 0, round_up_depth(depth) - depth);
}

void quantize_as_given(const float* x, std::size_t depth, int most, std::uint8_t* bytes,
                       const PieceScale& piece) noexcept {
  to_bytes(x, depth, 1 / piece.scale, piece.zero, most, bytes);
  std::memset(bytes + depth, 0, round_up_depth(depth) - depth);
}

ValueRange range_of_values(const float* x, std::size_t count) noexcept {
  const FloatTag d;
  FloatVector least = hn::Zero(d);
  FloatVector most = hn::Zero(d);
  auto largest = hn::Zero(IntTag());
  for_vectors(x, count, [&](std::size_t, std::size_t, FloatVector value) HWY_ATTR {
    least = hn::Min(least, value);
    most = hn::Max(most, value);
    largest = hn::Max(largest, magnitude(value));
  });
  return {hn::GetLane(hn::MinOfLanes(d, least)), hn::GetLane(hn::MaxOfLanes(d, most)),
          hn::GetLane(hn::MaxOfLanes(IntTag(), largest)) < kInfinity};
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

void quantize_piece(const float* x, std::size_t depth, int most, std::size_t apart,
                    std::uint8_t* bytes, PieceScale& scale) noexcept {
  HENSON_PICK(quantize_one)(x, depth, most, apart, bytes, scale);
}

void quantize_given(const float* x, std::size_t depth, int most, std::uint8_t* bytes,
                    const PieceScale& scale) noexcept {
  HENSON_PICK(quantize_as_given)(x, depth, most, bytes, scale);
}

ValueRange value_range(const float* x, std::size_t count) noexcept {
  return HENSON_PICK(range_of_values)(x, count);
}

}  // namespace henson::kernels
#endif
