// The sections that are mostly pictures: blocks, curves, tokens.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "tools/page/charts.h"
#include "tools/page/model_parts.h"
#include "tools/page/sections.h"
#include "tools/report.h"

namespace henson::tools::page {
namespace {

Html figure(const std::string& caption, const Html& chart) {
  if (chart.empty()) return {};
  return element("figure", element("figcaption", caption) + chart);
}

std::vector<Segment> segments_of(const ModelBlock& block, std::uint64_t largest) {
  std::vector<Segment> segments;
  for (std::size_t kind = 0; kind < kPartKinds; ++kind) {
    const std::uint64_t bytes = block.bytes_of_kind[kind];
    if (bytes == 0) continue;
    segments.push_back({name_of(static_cast<PartKind>(kind)) + " " + format_bytes(bytes),
                        "s" + std::to_string(kind),
                        static_cast<double>(bytes) / static_cast<double>(largest)});
  }
  return segments;
}

Html kinds_legend(const std::vector<ModelBlock>& blocks) {
  Html items;
  for (std::size_t kind = 0; kind < kPartKinds; ++kind) {
    const bool there = std::any_of(blocks.begin(), blocks.end(), [kind](const ModelBlock& block) {
      return block.bytes_of_kind[kind] > 0;
    });
    if (!there) continue;
    items += element("li", {{"class", "s" + std::to_string(kind)}},
                     text(name_of(static_cast<PartKind>(kind))));
  }
  return element("ul", {{"class", "legend"}}, items);
}

/// One number of each layer of some weights.
std::vector<Series> series_of(const std::vector<LayerWeights>& weights,
                              double (*number)(const WeightStatistics&)) {
  std::vector<Series> series;
  for (const LayerWeights& each : weights) {
    if (series.size() == kMostSeries) break;
    Series& line = series.emplace_back();
    line.name = each.name;
    for (const TensorRow* row : each.layers) {
      line.values.push_back(row == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                           : number(*row->statistics));
    }
  }
  return series;
}

double magnitude(const WeightStatistics& of) { return std::max(-of.least, of.largest); }

double root_mean_square(const WeightStatistics& of) {
  return of.finite() == 0 ? 0 : of.norm / std::sqrt(static_cast<double>(of.finite()));
}

Histogram histogram_of_numbers(const std::vector<double>& numbers) {
  constexpr std::size_t kParts = 60;
  const auto [least, largest] = std::minmax_element(numbers.begin(), numbers.end());
  Histogram histogram{*least, *largest, std::vector<double>(kParts)};
  const double width = *largest - *least;
  for (const double number : numbers) {
    const double share = width > 0 ? (number - *least) / width : 0;
    ++histogram.counts[std::min(static_cast<std::size_t>(share * kParts), kParts - 1)];
  }
  return histogram;
}

/// The tokens with the smallest or largest norms.
Html extreme_tokens(const std::vector<double>& norms, bool largest) {
  constexpr std::size_t kShown = 8;
  std::vector<std::size_t> ids(norms.size());
  std::iota(ids.begin(), ids.end(), std::size_t{0});
  const std::size_t count = std::min(kShown, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                    [&](std::size_t a, std::size_t b) {
                      if (norms[a] == norms[b]) return a < b;
                      return largest ? norms[a] > norms[b] : norms[a] < norms[b];
                    });
  std::string words;
  for (const std::size_t id : std::span(ids).first(count)) {
    words +=
        (words.empty() ? "" : ", ") + std::to_string(id) + " (" + format_figure(norms[id]) + ")";
  }
  return element("p", std::string(largest ? "Largest: " : "Smallest: ") + "token " + words + ".");
}

}  // namespace

Html blocks_section(const Report& report) {
  const std::vector<ModelBlock> blocks = model_blocks(report.rows);
  std::uint64_t largest = 1;
  for (const ModelBlock& block : blocks) largest = std::max(largest, block.bytes);
  Html rows;
  for (const ModelBlock& block : blocks) {
    rows += element("tr", element("th", {{"scope", "row"}}, text(block.name)) +
                              element("td", bar(segments_of(block, largest))) +
                              element("td", {{"class", "n"}}, text(format_bytes(block.bytes))) +
                              element("td", {{"class", "n"}}, text(format_count(block.elements))));
  }
  const Html heading = element(
      "thead",
      element("tr", element("th", {{"scope", "col"}}, text("block")) +
                        element("th", {{"scope", "col"}}, text("weights")) +
                        element("th", {{"scope", "col"}, {"class", "n"}}, text("size")) +
                        element("th", {{"scope", "col"}, {"class", "n"}}, text("elements"))));
  return section("blocks", "Where the weights are",
                 kinds_legend(blocks) +
                     element("table", {{"class", "blocks"}},
                             element("caption", "The model's blocks; what is tied counts once") +
                                 heading + element("tbody", rows)));
}

Html curves_section(const Report& report) {
  std::vector<LayerWeights> matrices = layer_weights(report.rows);
  std::vector<LayerWeights> biases = matrices;
  std::erase_if(matrices, [](const LayerWeights& weights) { return weights.rank < 2; });
  std::erase_if(biases, [](const LayerWeights& weights) { return weights.rank != 1; });
  std::vector<LayerWeights> norms = biases;
  const auto is_norm = [](const LayerWeights& weights) {
    return weights.name.find("norm") != std::string::npos;
  };
  std::erase_if(biases, is_norm);
  std::erase_if(norms, std::not_fn(is_norm));
  const Html charts =
      figure("Size of an element (root mean square) of each matrix",
             line_chart("Root mean square of the matrices by layer",
                        series_of(matrices, root_mean_square), format_figure)) +
      figure("Largest magnitude", line_chart("Largest magnitude of the matrices by layer",
                                             series_of(matrices, magnitude), format_figure)) +
      figure("Outliers: elements beyond 6 standard deviations",
             line_chart(
                 "Share of outliers of the matrices by layer",
                 series_of(matrices, [](const WeightStatistics& of) { return of.outlier_share(); }),
                 format_share)) +
      figure("Layer norms: root mean square of factors and shifts",
             line_chart("Root mean square of the layer norms by layer",
                        series_of(norms, root_mean_square), format_figure)) +
      figure("Biases: root mean square",
             line_chart("Root mean square of the biases by layer",
                        series_of(biases, root_mean_square), format_figure));
  if (charts.empty()) return {};
  return section("layers", "Layer by layer", element("div", {{"class", "charts"}}, charts));
}

Html tokens_section(const Report& report) {
  const std::vector<double>& norms = report.token_norms;
  const bool finite =
      std::all_of(norms.begin(), norms.end(), [](double norm) { return std::isfinite(norm); });
  if (norms.empty() || !finite) return {};
  const Html charts =
      figure("How many tokens have which norm",
             histogram_chart("Histogram of the norms of the tokens' vectors",
                             histogram_of_numbers(norms), false)) +
      figure("Norms by the token's id: the smallest and the largest of each stretch",
             band_chart("Smallest and largest norm along the vocabulary", norms));
  return section(
      "tokens", "Token embeddings",
      element("p", text("The length of each row of ") + element("code", report.token_table) +
                       text(": a token's vector.")) +
          element("div", {{"class", "charts"}}, charts) + extreme_tokens(norms, true) +
          extreme_tokens(norms, false));
}

}  // namespace henson::tools::page
