#include "kernels/convert.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/convert.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

using BitsTag = hn::RebindToUnsigned<FloatTag>;
using NarrowBitsTag = hn::Rebind<std::uint16_t, FloatTag>;
using HalfTag = hn::Rebind<hwy::float16_t, FloatTag>;
using NarrowBits = hn::Vec<NarrowBitsTag>;

/// Numbers of 16 bits in lanes of 32. (Highway narrows signed numbers; whatever their sign, these
/// fit.)
HWY_INLINE NarrowBits narrowed(hn::Vec<BitsTag> bits) {
  const hn::RebindToSigned<FloatTag> di;
  return hn::DemoteTo(NarrowBitsTag(), hn::BitCast(di, bits));
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
HWY_INLINE FloatVector from_half(NarrowBits bits) {
  return hn::PromoteTo(FloatTag(), hn::BitCast(HalfTag(), bits));
}
HWY_INLINE NarrowBits to_half(FloatVector value) {
  return hn::BitCast(NarrowBitsTag(), hn::DemoteTo(HalfTag(), value));
}
#else  // where Highway's own know neither infinities nor the smallest numbers
HWY_INLINE FloatVector from_half(NarrowBits bits) {
  const BitsTag d;
  const auto wide = hn::PromoteTo(d, bits);
  const auto rest = hn::And(wide, hn::Set(d, 0x7fff));
  const auto sign = hn::ShiftLeft<16>(hn::Sub(wide, rest));
  // Exponents of 2^112 less, denormal numbers included.
  const FloatVector scaled = hn::Mul(hn::BitCast(FloatTag(), hn::ShiftLeft<13>(rest)),
                                     hn::Set(FloatTag(), 5.192296858534828e33F));
  const auto special = hn::Or(hn::ShiftLeft<13>(rest), hn::Set(d, 0x7f800000));
  const auto finite = hn::Gt(hn::Set(d, 0x7c00), rest);
  return hn::BitCast(FloatTag(),
                     hn::Or(sign, hn::IfThenElse(finite, hn::BitCast(d, scaled), special)));
}
HWY_INLINE NarrowBits to_half(FloatVector value) {
  const BitsTag d;
  const FloatVector size = hn::Abs(value);
  const auto bits = hn::BitCast(d, size);
  const auto sign = hn::ShiftRight<16>(hn::Sub(hn::BitCast(d, value), bits));
  // Normal numbers: the exponent less by 112, and what is cut off rounded to even.
  const auto odd = hn::And(hn::ShiftRight<13>(bits), hn::Set(d, 1));
  const auto offset = hn::Set(d, 0xc8000fffU);  // -112 · 2^23 + 0xfff
  const auto normal = hn::ShiftRight<13>(hn::Add(hn::Add(bits, offset), odd));
  // Smaller ones: adding 1/2 leaves them, rounded, in the lowest bits.
  const FloatVector half = hn::Set(FloatTag(), 0.5F);
  const auto small = hn::Sub(hn::BitCast(d, hn::Add(size, half)), hn::BitCast(d, half));
  const auto number = hn::IfThenElse(hn::Gt(hn::Set(d, 0x38800000), bits), small, normal);
  const auto limited =
      hn::IfThenElse(hn::Gt(hn::Set(d, 0x477ff000), bits), number, hn::Set(d, 0x7c00));
  const auto nan = hn::Gt(bits, hn::Set(d, 0x7f800000));
  return narrowed(hn::Or(sign, hn::IfThenElse(nan, hn::Set(d, 0x7e00), limited)));
}
#endif

HWY_INLINE FloatVector from_bf16(NarrowBits bits) {
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::PromoteTo(BitsTag(), bits)));
}
HWY_INLINE NarrowBits to_bf16(FloatVector value) {
  const BitsTag d;
  const auto bits = hn::BitCast(d, value);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto odd = hn::And(upper, hn::Set(d, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fff))));
  const auto nan = hn::RebindMask(d, hn::IsNaN(value));
  return narrowed(hn::IfThenElse(nan, hn::Or(upper, hn::Set(d, 0x40)), rounded));
}

template <FloatVector (*kWiden)(NarrowBits)>
HWY_INLINE void widen_all(const std::uint16_t* from, float* to, std::size_t count) {
  const FloatTag d;
  const NarrowBitsTag bits;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(kWiden(hn::LoadU(bits, from + i)), d, to + i);
  if (i == count) return;
  std::uint16_t last[kLanes] = {};
  std::memcpy(last, from + i, (count - i) * sizeof(last[0]));
  store_part(kWiden(hn::LoadU(bits, last)), to + i, count - i);
}

template <NarrowBits (*kNarrow)(FloatVector)>
HWY_INLINE void narrow_all(const float* from, std::uint16_t* to, std::size_t count) {
  const FloatTag d;
  const NarrowBitsTag bits;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(kNarrow(hn::LoadU(d, from + i)), bits, to + i);
  }
  if (i == count) return;
  std::uint16_t last[kLanes];
  hn::StoreU(kNarrow(load_part(from + i, count - i)), bits, last);
  std::memcpy(to + i, last, (count - i) * sizeof(last[0]));
}

void widen_numbers(NarrowType type, const std::uint16_t* from, float* to,
                   std::size_t count) noexcept {
  if (type == NarrowType::kFloat16) {
    widen_all<from_half>(from, to, count);
  } else {
    widen_all<from_bf16>(from, to, count);
  }
}

void narrow_numbers(NarrowType type, const float* from, std::uint16_t* to,
                    std::size_t count) noexcept {
  if (type == NarrowType::kFloat16) {
    narrow_all<to_half>(from, to, count);
  } else {
    narrow_all<to_bf16>(from, to, count);
  }
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

void widen(NarrowType type, const std::uint16_t* from, float* to, std::size_t count) noexcept {
  HENSON_PICK(widen_numbers)(type, from, to, count);
}

void narrow(NarrowType type, const float* from, std::uint16_t* to, std::size_t count) noexcept {
  HENSON_PICK(narrow_numbers)(type, from, to, count);
}

}  // namespace henson::kernels
#endif
