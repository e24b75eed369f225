// Numbers of 16 bits to and from float32.
#pragma once

#include <cstddef>
#include <cstdint>

namespace henson::kernels {

enum class NarrowType { kFloat16, kBFloat16 };

/// Exact.
void widen(NarrowType type, const std::uint16_t* from, float* to, std::size_t count) noexcept;
/// To the nearest, ties to even. NaN stays NaN, and what is too large becomes infinite.
void narrow(NarrowType type, const float* from, std::uint16_t* to, std::size_t count) noexcept;

}  // namespace henson::kernels
