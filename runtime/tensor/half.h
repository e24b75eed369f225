// The two 16-bit floating types, as tensors store them. Numbers are computed in float and rounded
// to nearest, ties to even, when stored.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace henson::runtime {

/// IEEE 754 binary16.
class Half {
 public:
  Half() = default;
  template <typename T>
  requires std::is_arithmetic_v<T>
  explicit constexpr Half(T value) : bits_(round(static_cast<float>(value))) {}
  constexpr operator float() const {  // exact
    const std::uint32_t sign = (bits_ & 0x8000u) << 16;
    const std::uint32_t rest = bits_ & 0x7fffu;
    if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
    if (rest >= 0x0400u) return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
    const float magnitude = static_cast<float>(rest) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }

 private:
  static constexpr std::uint16_t round(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000u;
    std::uint32_t rest = bits & 0x7fffffffu;
    if (rest > 0x7f800000u) {  // not a number
      rest = 0x7e00u;
    } else if (rest >= 0x47800000u) {  // 2^16 and more
      rest = 0x7c00u;
    } else if (rest < 0x38800000u) {  // below 2^-14: the last bit of a sum with 1/2 is 2^-24
      rest = std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) + 0.5f) -
             std::bit_cast<std::uint32_t>(0.5f);
    } else {
      rest = ((rest + 0xfffu + (rest >> 13 & 1u)) >> 13) - (112u << 10);
    }
    return static_cast<std::uint16_t>(sign | rest);
  }

  std::uint16_t bits_;
};

/// The upper half of a float.
class BFloat16 {
 public:
  BFloat16() = default;
  template <typename T>
  requires std::is_arithmetic_v<T>
  explicit constexpr BFloat16(T value) : bits_(round(static_cast<float>(value))) {}
  constexpr operator float() const { return std::bit_cast<float>(std::uint32_t{bits_} << 16); }

 private:
  static constexpr std::uint16_t round(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
      return static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | 0x7fc0u);
    }
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
  }

  std::uint16_t bits_;
};

}  // namespace henson::runtime
