// The elements of a tensor, for people and for programs.
#pragma once

#include <ostream>

#include "tools/report.h"

namespace henson::tools {

/// Matrices row by row, with the places of rows and columns beside them; of more dimensions, matrix
/// by matrix. Unless `all`, what is too much for a screen is left out in the middle: "…".
void print_values(std::ostream& out, const Tensor& tensor, bool all);

/// Lists in lists; NaN and infinities are strings.
Json values_as_json(const Tensor& tensor);

}  // namespace henson::tools
