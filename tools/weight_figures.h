// What is measured of an archive's tensors, with a progress bar, until Ctrl-C.
#pragma once

#include <span>
#include <vector>

#include "tools/tensor_rows.h"

namespace henson::tools {

struct FigureOptions {
  int threads = 0;
  bool statistics = true;
  bool spectrum = false;  // of matrices
};

/// Fills in the rows' statistics and spectra. Throws Interrupted.
void measure(std::span<TensorRow> rows, const FigureOptions& options);

/// row_norms_of, likewise.
std::optional<std::vector<double>> measure_row_norms(const WeightInfo& weight, int threads);

}  // namespace henson::tools
