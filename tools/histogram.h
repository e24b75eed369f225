// Histograms in a line of text.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "henson/statistics.h"

namespace henson::tools {

/// Counts over parts, all equally wide, of [least, largest].
struct Histogram {
  double least = 0;
  double largest = 0;
  std::vector<double> counts;
};

Histogram histogram_of(const WeightStatistics& statistics);

/// All of them on one axis of so many parts. What a part of one of them holds is spread evenly over
/// it.
Histogram merged(std::span<const Histogram> histograms, std::size_t parts);

/// A character a part, "▁▂▅█▅▂▁": the logarithm of 1 + its count, so that a few elements far from
/// the others can still be seen. Blank: none.
std::string drawn(const Histogram& histogram);

}  // namespace henson::tools
