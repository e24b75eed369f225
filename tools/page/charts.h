// Pictures of numbers, as SVG. Colours come from the page's style sheet.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/histogram.h"
#include "tools/page/html.h"

namespace henson::tools::page {

/// A number a layer; NaN where there is none.
struct Series {
  std::string name;
  std::vector<double> values;
};

/// The most series that colours tell apart.
inline constexpr std::size_t kMostSeries = 8;

/// A line a series over 0, 1, 2, …, with axes and a legend. `title` is what a screen reader says,
/// `unit` formats the numbers of the axis.
Html line_chart(const std::string& title, const std::vector<Series>& series,
                std::string (*unit)(double));

/// Bars over an axis. Heights are counts, or their logarithms.
Html histogram_chart(const std::string& title, const Histogram& histogram, bool logarithmic);

/// The smallest and the largest number of each of some hundred stretches of a long list.
Html band_chart(const std::string& title, const std::vector<double>& values);

/// A histogram without axes, for a table's cell.
Html sparkline(const Histogram& histogram);

/// Parts of a bar, each `share` of its width, in the colour of its class.
struct Segment {
  std::string name;    // what a pointer over it tells
  std::string colour;  // a class of the style sheet
  double share = 0;
};
Html bar(const std::vector<Segment>& segments);

}  // namespace henson::tools::page
