#include "tools/histogram.h"

#include <algorithm>
#include <cmath>

namespace henson::tools {
namespace {

/// Adds `count`, spread evenly over [from, to] in parts of the histogram's axis.
void spread(Histogram& histogram, double from, double to, double count) {
  const auto parts = static_cast<double>(histogram.counts.size());
  const double first = std::clamp(from, 0.0, parts);
  const double last = std::clamp(to, first, parts);
  if (last - first < 1e-9) {
    const auto part = static_cast<std::size_t>(std::min(first, parts - 1));
    histogram.counts[part] += count;
    return;
  }
  for (auto part = static_cast<std::size_t>(first); part < histogram.counts.size(); ++part) {
    const auto start = static_cast<double>(part);
    if (start >= last) break;
    const double overlap = std::min(last, start + 1) - std::max(first, start);
    histogram.counts[part] += count * overlap / (last - first);
  }
}

}  // namespace

Histogram histogram_of(const WeightStatistics& statistics) {
  return {statistics.least,
          statistics.largest,
          {statistics.histogram.begin(), statistics.histogram.end()}};
}

Histogram merged(std::span<const Histogram> histograms, std::size_t parts) {
  Histogram all;
  all.counts.assign(parts, 0);
  if (histograms.empty()) return all;
  all.least = histograms.front().least;
  all.largest = histograms.front().largest;
  for (const Histogram& each : histograms) {
    all.least = std::min(all.least, each.least);
    all.largest = std::max(all.largest, each.largest);
  }
  const double width = all.largest - all.least;
  const double scale = width > 0 ? static_cast<double>(parts) / width : 0;
  for (const Histogram& each : histograms) {
    const double step = (each.largest - each.least) /
                        static_cast<double>(std::max<std::size_t>(each.counts.size(), 1));
    for (std::size_t i = 0; i < each.counts.size(); ++i) {
      if (each.counts[i] == 0) continue;
      const double from = each.least + static_cast<double>(i) * step;
      spread(all, (from - all.least) * scale, (from + step - all.least) * scale, each.counts[i]);
    }
  }
  return all;
}

std::string drawn(const Histogram& histogram) {
  static constexpr std::array<const char*, 9> kHeights{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double most = 0;
  for (const double count : histogram.counts) most = std::max(most, count);
  std::string text;
  for (const double count : histogram.counts) {
    // Less than half of an element is what spreading leaves at the edges.
    const double height = count < 0.5 ? 0 : std::log1p(count) / std::log1p(most);
    const auto index = static_cast<std::size_t>(std::ceil(height * 8));
    text += kHeights[std::min(index, kHeights.size() - 1)];
  }
  return text;
}

}  // namespace henson::tools
