#include "kernels/int8_rows.h"

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

/// The largest |x|, as the bits of a float: infinities and NaN are above all numbers. `depth` is a
/// multiple of kLanes, and so below.
HWY_INLINE std::int32_t largest_bits(const float* x, std::size_t depth) {
  const hn::RebindToSigned<FloatTag> di;
  auto most = hn::Zero(di);
  for (std::size_t k = 0; k < depth; k += kLanes) {
    most = hn::Max(most, hn::BitCast(di, hn::Abs(hn::LoadU(FloatTag(), x + k))));
  }
  return hn::GetLane(hn::MaxOfLanes(di, most));
}

/// The first place where |x| has these bits.
HWY_INLINE std::size_t place_of(const float* x, std::size_t depth, std::int32_t bits) {
  const hn::RebindToSigned<FloatTag> di;
  for (std::size_t k = 0; k < depth; k += kLanes) {
    const auto own = hn::BitCast(di, hn::Abs(hn::LoadU(FloatTag(), x + k)));
    const auto found = hn::FindFirstTrue(di, hn::Eq(own, hn::Set(di, bits)));
    if (found >= 0) return k + static_cast<std::size_t>(found);
  }
  return 0;
}

struct Range {
  float least;  // at most 0
  float most;   // at least 0
};

HWY_INLINE Range range_of(const float* x, std::size_t depth) {
  const FloatTag d;
  FloatVector least = hn::Zero(d);
  FloatVector most = hn::Zero(d);
  for (std::size_t k = 0; k < depth; k += kLanes) {
    const FloatVector value = hn::LoadU(d, x + k);
    least = hn::Min(least, value);
    most = hn::Max(most, value);
  }
  return {hn::GetLane(hn::MinOfLanes(d, least)), hn::GetLane(hn::MaxOfLanes(d, most))};
}

/// clamp(round(x · factor) + zero)
HWY_INLINE void to_bytes(const float* x, std::size_t depth, float factor, float zero, float most,
                         std::uint8_t* bytes) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
  const hn::Rebind<std::uint8_t, FloatTag> narrow;
  for (std::size_t k = 0; k < depth; k += kLanes) {
    const FloatVector whole = hn::Round(hn::Mul(hn::LoadU(d, x + k), hn::Set(d, factor)));
    const FloatVector number =
        hn::Min(hn::Max(hn::Add(whole, hn::Set(d, zero)), hn::Zero(d)), hn::Set(d, most));
    hn::StoreU(hn::DemoteTo(narrow, hn::ConvertTo(di, number)), narrow, bytes + k);
  }
}

void quantize_one(const float* x, std::size_t depth, int most, std::size_t apart,
                  std::uint8_t* bytes, PieceScale& piece) noexcept {
  constexpr std::int32_t kInfinity = 0x7f800000;
  static_assert(kPieceDepth % kLanes == 0);
  float rest[kPieceDepth];  // without those apart, and with zeros up to whole vectors
  std::uint8_t numbers[kPieceDepth];
  const std::size_t padded = (depth + kLanes - 1) / kLanes * kLanes;
  std::memset(rest + padded - kLanes, 0, kLanes * sizeof(float));
  std::memcpy(rest, x, depth * sizeof(float));
  piece = {};
  bool finite = true;
  for (std::size_t i = 0; i < apart; ++i) {
    const std::int32_t bits = largest_bits(rest, padded);
    finite = finite && bits < kInfinity;
    const std::size_t at = place_of(rest, padded, bits);
    piece.at[i] = static_cast<std::uint32_t>(at);
    piece.apart[i] = rest[at];
    rest[at] = 0;
  }
  const Range range = range_of(rest, padded);
  const float step = (range.most - range.least) / static_cast<float>(most);
  // What is smaller than any normal number is nothing.
  const bool zeros = !(step >= std::numeric_limits<float>::min());
  const float factor = zeros ? 0.0F : 1 / step;
  piece.scale = finite ? (zeros ? 0.0F : step) : std::numeric_limits<float>::quiet_NaN();
  piece.zero = std::nearbyint(-range.least * factor);
  to_bytes(rest, padded, factor, piece.zero, static_cast<float>(most), numbers);
  std::memcpy(bytes, numbers, depth);
  std::memset(bytes + depth, 0, round_up_depth(depth) - depth);
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

}  // namespace henson::kernels
#endif
