// Statistics of tensors, as a table and as JSON.
#pragma once

#include <span>

#include "tools/report.h"
#include "tools/tensor_rows.h"

namespace henson::tools {

/// A heading and a row a tensor: name, role where one is known, shape, mean, standard deviation,
/// smallest, largest, zeros, outliers, rank where it was measured, a histogram, and what is wrong
/// (NaN, infinities). With `fold`, layers that are alike are one block, whose rows tell the ranges
/// over all of them.
Table statistics_table(std::span<const TensorRow> rows, bool fold);

/// What the table's columns mean, in a line.
extern const std::string_view kStatisticsLegend;

Json to_json(const WeightStatistics& statistics);
Json to_json(const Spectrum& spectrum);
/// Name, role, dtype, shape, bytes, storage, aliases, and what was measured.
Json to_json(const TensorRow& row);

}  // namespace henson::tools
