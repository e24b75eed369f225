// Sums of rows of embedding tables, and the layer norm after them.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/convert.h"

namespace henson::kernels {

/// A row to be added up: of float32, or of 16 bits.
struct TableRow {
  const void* data = nullptr;
  std::optional<NarrowType> narrow;
};

/// y = Σ of `count` rows, at least one, each of `columns` elements, in order. May be called
/// concurrently.
void sum_rows(const TableRow* rows, std::size_t count, float* y, std::size_t columns) noexcept;

}  // namespace henson::kernels
