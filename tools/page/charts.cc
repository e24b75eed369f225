#include "tools/page/charts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tools/report.h"

namespace henson::tools::page {
namespace {

// As wide as a phone: there a unit is a pixel. Elsewhere the chart grows, and its text with it.
constexpr double kWidth = 360;
constexpr double kHeight = 200;
constexpr double kLeft = 46;
constexpr double kRight = 10;
constexpr double kTop = 10;
constexpr double kBottom = 24;

std::string number(double value) { return format_fixed(value, 1); }

std::string class_of(std::size_t series) { return "s" + std::to_string(series % kMostSeries); }

/// An axis from one round number to another.
struct Axis {
  double least = 0;
  double largest = 1;
  double step = 1;

  double share(double value) const { return (value - least) / (largest - least); }
};

/// Some four round steps that hold [least, largest].
Axis axis_over(double least, double largest) {
  if (!(largest > least)) largest = least + (least == 0 ? 1 : std::abs(least));
  const double rough = (largest - least) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (step >= rough) break;
  }
  return {std::floor(least / step) * step, std::ceil(largest / step) * step, step};
}

double x_at(double share) { return kLeft + share * (kWidth - kLeft - kRight); }
double y_at(double share) { return kHeight - kBottom - share * (kHeight - kTop - kBottom); }

Html label(double x, double y, const char* anchor, const std::string& words) {
  return element("text", {{"x", number(x)}, {"y", number(y)}, {"text-anchor", anchor}},
                 text(words));
}

Html picture(const std::string& title, const Html& content) {
  return element("svg",
                 {{"viewBox", "0 0 " + number(kWidth) + " " + number(kHeight)},
                  {"class", "chart"},
                  {"role", "img"},
                  {"aria-label", title}},
                 content);
}

Html horizontal_lines(const Axis& axis, std::string (*unit)(double)) {
  Html lines;
  const auto steps = static_cast<int>(std::lround((axis.largest - axis.least) / axis.step));
  for (int i = 0; i <= steps; ++i) {
    const double value = axis.least + i * axis.step;
    const double y = y_at(axis.share(value));
    lines += element("line", {{"class", "grid"},
                              {"x1", number(kLeft)},
                              {"x2", number(kWidth - kRight)},
                              {"y1", number(y)},
                              {"y2", number(y)}});
    lines += label(kLeft - 6, y + 4, "end", unit(std::abs(value) < axis.step / 1e6 ? 0 : value));
  }
  return lines;
}

/// Marks under whole numbers, some six of them.
Html layer_marks(std::size_t count) {
  Html marks;
  const std::size_t step = std::max<std::size_t>(1, (count + 5) / 6);
  const double last = std::max<double>(1, static_cast<double>(count) - 1);
  for (std::size_t i = 0; i < count; i += step) {
    marks += label(x_at(static_cast<double>(i) / last), kHeight - 8, "middle", std::to_string(i));
  }
  return marks;
}

Html end_marks(const std::string& first, const std::string& last) {
  return label(kLeft, kHeight - 8, "start", first) +
         label(kWidth - kRight, kHeight - 8, "end", last);
}

/// A line through the numbers that are there.
Html curve(const Series& series, std::size_t place, const Axis& axis) {
  const double last = std::max<double>(1, static_cast<double>(series.values.size()) - 1);
  std::string path;
  Html points;
  bool drawing = false;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!std::isfinite(series.values[i])) {
      drawing = false;
      continue;
    }
    const std::string x = number(x_at(static_cast<double>(i) / last));
    const std::string y = number(y_at(axis.share(series.values[i])));
    path += (drawing ? "L" : "M") + x + " " + y;
    drawing = true;
    points += element("circle", {{"cx", x}, {"cy", y}, {"r", "2.5"}, {"class", class_of(place)}});
  }
  return element("path", {{"d", path}, {"class", "curve " + class_of(place)}}) + points;
}

Html legend(const std::vector<Series>& series) {
  Html items;
  for (std::size_t i = 0; i < series.size(); ++i) {
    items += element("li", {{"class", class_of(i)}}, text(series[i].name));
  }
  return element("ul", {{"class", "legend"}}, items);
}

}  // namespace

Html line_chart(const std::string& title, const std::vector<Series>& series,
                std::string (*unit)(double)) {
  double least = std::numeric_limits<double>::infinity();
  double largest = -least;
  std::size_t count = 0;
  for (const Series& each : series) {
    count = std::max(count, each.values.size());
    for (const double value : each.values) {
      if (!std::isfinite(value)) continue;
      least = std::min(least, value);
      largest = std::max(largest, value);
    }
  }
  if (!(least <= largest)) return {};
  // From zero, unless all lie in a narrow band far from it.
  const Axis axis = axis_over(least > 0.5 * largest ? least : std::min(0.0, least), largest);
  Html content = horizontal_lines(axis, unit) + layer_marks(count);
  for (std::size_t i = 0; i < series.size(); ++i) content += curve(series[i], i, axis);
  return picture(title, content) + legend(series);
}

Html histogram_chart(const std::string& title, const Histogram& histogram, bool logarithmic) {
  const double most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  if (!(most > 0)) return {};
  const double width = (kWidth - kLeft - kRight) / static_cast<double>(histogram.counts.size());
  Html bars;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    const double count = histogram.counts[i];
    if (count < 0.5) continue;
    const double share = logarithmic ? std::log1p(count) / std::log1p(most) : count / most;
    const double y = y_at(share);
    bars += element("rect", {{"class", "column"},
                             {"x", number(kLeft + static_cast<double>(i) * width)},
                             {"y", number(y)},
                             {"width", number(std::max(width - 0.5, 0.5))},
                             {"height", number(y_at(0) - y)}});
  }
  const Html marks =
      label(kLeft - 6, y_at(1) + 4, "end",
            most >= 10000 ? format_figure(most) : format_count(static_cast<std::uint64_t>(most))) +
      label(kLeft - 6, y_at(0) + 4, "end", "0") +
      end_marks(format_figure(histogram.least), format_figure(histogram.largest));
  return picture(title, bars + marks);
}

Html band_chart(const std::string& title, const std::vector<double>& values) {
  constexpr std::size_t kStretches = 300;
  if (values.empty()) return {};
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  if (!std::isfinite(*least) || !std::isfinite(*largest)) return {};
  const Axis axis = axis_over(std::min(0.0, *least), *largest);
  const std::size_t stretches = std::min(values.size(), kStretches);
  std::string upper;
  std::string lower;
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(i * values.size() / stretches);
    const auto last =
        values.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size() / stretches);
    const auto [low, high] = std::minmax_element(first, last);
    const std::string x = number(x_at(
        static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(stretches - 1, 1))));
    upper += (i == 0 ? "M" : "L") + x + " " + number(y_at(axis.share(*high)) - 0.5);
    lower = "L" + x + " " + number(y_at(axis.share(*low)) + 0.5) + lower;
  }
  return picture(title, horizontal_lines(axis, format_figure) +
                            element("path", {{"class", "band"}, {"d", upper + lower + "Z"}}) +
                            end_marks("0", format_count(values.size() - 1)));
}

Html sparkline(const Histogram& histogram) {
  constexpr double kSparkHeight = 20;
  const double most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  if (!(most > 0)) return {};
  std::string path = "M0 20";
  long before = 20;
  for (const double count : histogram.counts) {
    const double share = count < 0.5 ? 0 : std::log1p(count) / std::log1p(most);
    const long y = std::lround(kSparkHeight * (1 - share));
    if (y != before) path += "V" + std::to_string(y);
    path += "h1";
    before = y;
  }
  return element("svg",
                 {{"viewBox", "0 0 " + std::to_string(histogram.counts.size()) + " 20"},
                  {"class", "spark"},
                  {"preserveAspectRatio", "none"},
                  {"aria-hidden", "true"}},
                 element("path", {{"d", path + "V20Z"}}));
}

Html bar(const std::vector<Segment>& segments) {
  Html parts;
  double at = 0;
  for (const Segment& segment : segments) {
    parts += element("rect",
                     {{"class", segment.colour},
                      {"x", number(1000 * at)},
                      {"width", number(std::max(1000 * segment.share, 1.0))},
                      {"height", "10"}},
                     {});
    at += segment.share;
  }
  std::string all;
  for (const Segment& segment : segments) {
    if (!segment.name.empty()) all += (all.empty() ? "" : ", ") + segment.name;
  }
  return element("svg",
                 {{"viewBox", "0 0 1000 10"},
                  {"class", "bar"},
                  {"preserveAspectRatio", "none"},
                  {"aria-hidden", "true"}},
                 (all.empty() ? Html() : element("title", all)) + parts);
}

}  // namespace henson::tools::page
