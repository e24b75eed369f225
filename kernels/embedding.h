// Sums of rows of embedding tables, and the layer norm after them.
#pragma once

#include <cstddef>

namespace henson::kernels {

/// y = Σ of `count` rows, at least one, each of `columns` elements. May be called concurrently.
void sum_rows(const float* const* rows, std::size_t count, float* y, std::size_t columns) noexcept;

}  // namespace henson::kernels
