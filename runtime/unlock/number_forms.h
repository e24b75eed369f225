// What Python code may make of a size that it knows as a number.
#pragma once

#include <cstdint>
#include <optional>

namespace henson::runtime {

/// Equal as far as a number stored in single precision tells.
bool same_number(double a, double b);

/// The whole number that `value` is, where it is one that a size can be.
std::optional<std::int64_t> whole(double value);

/// Numbers that activations and averages of two hold in every model.
bool is_common(double value);

/// As people choose limits; no dummy input is told by it.
bool is_hand_made(double value);

/// Whether code that knows the size `t` may have computed `value` from it, to scale by.
bool may_scale(double value, std::int64_t t, bool sum);

/// Likewise, to scale places or distances by.
bool may_scale_places(double value, std::int64_t t);

/// Likewise, to compare places or distances with, or to limit them by.
bool may_limit_places(std::int64_t number, std::int64_t t);

}  // namespace henson::runtime
