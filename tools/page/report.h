// The page that `inspect --html` writes: one file, which needs nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "tools/benchmark.h"
#include "tools/tensor_rows.h"

namespace henson::tools::page {

struct Report {
  Inspection archive;
  std::vector<TensorRow> rows;  // of the archive's tensors, measured
  /// Of the table of words, the norm of each token's vector.
  std::string token_table;
  std::vector<double> token_norms;
  /// The plan's steps, by the time that they take; or why there are none.
  std::optional<Timing> timing;
  std::string not_timed;
  std::string processor;
};

std::string report_page(const Report& report);

}  // namespace henson::tools::page
