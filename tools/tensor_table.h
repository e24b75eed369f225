// The tensors of an archive as a table.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "henson/henson.h"
#include "tools/report.h"
#include "tools/tensor_rows.h"

namespace henson::tools {

struct TensorTotals {
  std::size_t tensors = 0;
  std::uint64_t elements = 0;  // of tensors over the very same elements, one counts
  std::uint64_t bytes = 0;     // likewise
};

TensorTotals totals_of(std::span<const WeightInfo> weights);
TensorTotals totals_of(std::span<const TensorRow> rows);

/// Whether the elements do not lie densely in row-major order.
bool has_odd_strides(const WeightInfo& weight);

/// A row a tensor: name, role where one is known, dtype, shape, bytes, and what is unusual
/// (strides, aliases). With `fold`, layers that are alike are one block: "encoder.layer.0 … 11",
/// with the rows of one of them.
Table tensor_table(std::span<const TensorRow> rows, bool fold);
Table tensor_table(std::span<const WeightInfo> weights, bool fold);

}  // namespace henson::tools
