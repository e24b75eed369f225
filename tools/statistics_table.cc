#include "tools/statistics_table.h"

#include <algorithm>
#include <utility>

#include "tools/folding.h"
#include "tools/histogram.h"
#include "tools/tensor_table.h"

namespace henson::tools {
namespace {

using Rows = std::span<const TensorRow>;

constexpr std::size_t kDrawnParts = 16;

/// Tensors that one row of the table stands for.
using Group = std::vector<const TensorRow*>;

/// "0.0416", or "0.039…0.042" of several.
template <typename Figure>
std::string range(const Group& group, Figure&& figure) {
  double least = figure(*group.front());
  double largest = least;
  for (const TensorRow* row : group) {
    least = std::min<double>(least, figure(*row));
    largest = std::max<double>(largest, figure(*row));
  }
  if (group.size() == 1) return format_figure(least);
  const std::string from = format_rough(least);
  const std::string to = format_rough(largest);
  return from == to ? from : from + "…" + to;
}

template <typename Count>
std::uint64_t sum(const Group& group, Count&& count) {
  std::uint64_t all = 0;
  for (const TensorRow* row : group) all += count(*row->statistics);
  return all;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string drawn_together(const Group& group) {
  std::vector<Histogram> histograms;
  for (const TensorRow* row : group) {
    if (row->statistics->finite() > 0) histograms.push_back(histogram_of(*row->statistics));
  }
  return drawn(merged(histograms, kDrawnParts));
}

std::string faults(const Group& group) {
  std::string text;
  const auto tell = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + format_count(count) + ' ' + what;
  };
  tell(sum(group, [](const WeightStatistics& of) { return of.nans; }), "NaN");
  tell(sum(group, [](const WeightStatistics& of) { return of.infinities; }), "infinite");
  return text;
}

std::string ranks(const Group& group) {
  const auto has_none = [](const TensorRow* row) { return !row->spectrum; };
  if (std::any_of(group.begin(), group.end(), has_none)) return "";
  const auto rank_of = [](const TensorRow& row) { return static_cast<double>(row.spectrum->rank); };
  const auto rank90_of = [](const TensorRow& row) {
    return static_cast<double>(row.spectrum->rank90);
  };
  const bool sampled = std::any_of(group.begin(), group.end(),
                                   [](const TensorRow* row) { return row->spectrum->sampled; });
  return range(group, rank_of) + (sampled ? "~" : "") + " (" + range(group, rank90_of) + ")";
}

class StatisticsTable {
 public:
  StatisticsTable(Rows rows, bool fold)
      : rows_(rows),
        fold_(fold),
        has_ranks_(std::any_of(rows.begin(), rows.end(),
                               [](const TensorRow& row) { return row.spectrum.has_value(); })),
        table_(columns(), "  ") {}

  Table made() {
    add_heading();
    std::vector<std::string> names;
    for (const TensorRow& row : rows_) names.push_back(row.name);
    const auto alike = [&](std::size_t a, std::size_t b) {
      return rows_[a].weight->dtype == rows_[b].weight->dtype &&
             rows_[a].weight->shape == rows_[b].weight->shape &&
             rows_[a].statistics.has_value() == rows_[b].statistics.has_value();
    };
    for (const Fold& fold : fold_layers(names, alike)) {
      if (fold_ && fold.count > 1) {
        add_layers(fold);
      } else {
        for (const TensorRow& row : rows_.subspan(fold.first, fold.size * fold.count)) {
          add(row.name, {&row});
        }
      }
    }
    return std::move(table_);
  }

 private:
  std::vector<Table::Align> columns() const {
    using enum Table::Align;
    std::vector<Table::Align> columns{kLeft, kLeft, kRight, kRight, kRight, kRight, kRight, kRight};
    if (has_ranks_) columns.push_back(kRight);
    columns.insert(columns.end(), {kLeft, kLeft});
    return columns;
  }

  void add_heading() {
    std::vector<std::string> cells{"tensor", "shape", "mean",  "std",
                                   "min",    "max",   "zeros", "outliers"};
    if (has_ranks_) cells.emplace_back("rank (90%)");
    cells.emplace_back("histogram");
    table_.add(std::move(cells));
  }

  void add(std::string_view name, const Group& group) {
    std::vector<std::string> cells{printable(name), format_shape(group.front()->weight->shape)};
    if (!group.front()->statistics) {
      cells.emplace_back("not in the archive");
      table_.add(std::move(cells));
      return;
    }
    const auto of = [](double (*figure)(const WeightStatistics&)) {
      return [figure](const TensorRow& row) { return figure(*row.statistics); };
    };
    const auto least = of([](const WeightStatistics& x) { return x.least; });
    const auto largest = of([](const WeightStatistics& x) { return x.largest; });
    const auto smaller = [&](const TensorRow* a, const TensorRow* b) {
      return least(*a) < least(*b);
    };
    const auto larger = [&](const TensorRow* a, const TensorRow* b) {
      return largest(*a) < largest(*b);
    };
    const std::uint64_t count = sum(group, [](const WeightStatistics& x) { return x.count; });
    cells.push_back(range(group, of([](const WeightStatistics& x) { return x.mean; })));
    cells.push_back(range(group, of([](const WeightStatistics& x) { return x.deviation; })));
    cells.push_back(format_figure(least(**std::min_element(group.begin(), group.end(), smaller))));
    cells.push_back(format_figure(largest(**std::max_element(group.begin(), group.end(), larger))));
    cells.push_back(
        format_share(share(sum(group, [](const WeightStatistics& x) { return x.zeros; }), count)));
    cells.push_back(format_share(
        share(sum(group, [](const WeightStatistics& x) { return x.outliers; }), count)));
    if (has_ranks_) cells.push_back(ranks(group));
    cells.push_back(drawn_together(group));
    cells.push_back(faults(group));
    table_.add(std::move(cells));
  }

  void add_layers(const Fold& fold) {
    const Rows rows = rows_.subspan(fold.first, fold.size * fold.count);
    const NumberedName first = *split_number(rows.front().name);
    const NumberedName last = *split_number(rows.back().name);
    table_.add_line(printable(first.prefix) + std::to_string(first.number) + " … " +
                    std::to_string(last.number) + ": " + plural(fold.count, "layer") + " alike:");
    for (std::size_t i = 0; i < fold.size; ++i) {
      Group group;
      for (std::size_t layer = 0; layer < fold.count; ++layer) {
        group.push_back(&rows[layer * fold.size + i]);
      }
      add("  " + std::string(split_number(rows[i].name)->suffix), group);
    }
  }

  Rows rows_;
  bool fold_;
  bool has_ranks_;
  Table table_;
};

}  // namespace

const std::string_view kStatisticsLegend =
    "outliers: farther from the mean than 6 standard deviations. histogram: from min to max, as "
    "tall as the logarithm of the count.";

Table statistics_table(Rows rows, bool fold) { return StatisticsTable(rows, fold).made(); }

Json to_json(const WeightStatistics& statistics) {
  return {{"count", statistics.count},
          {"mean", number_as_json(statistics.mean)},
          {"std", number_as_json(statistics.deviation)},
          {"min", number_as_json(statistics.least)},
          {"max", number_as_json(statistics.largest)},
          {"norm", number_as_json(statistics.norm)},
          {"zeros", statistics.zeros},
          {"nan", statistics.nans},
          {"infinite", statistics.infinities},
          {"outliers", statistics.outliers},
          {"histogram", statistics.histogram}};
}

Json to_json(const Spectrum& spectrum) {
  return {{"rows", spectrum.rows},
          {"columns", spectrum.columns},
          {"sampled", spectrum.sampled},
          {"largest", number_as_json(spectrum.largest)},
          {"rank", spectrum.rank},
          {"rank90", spectrum.rank90},
          {"stable_rank", number_as_json(spectrum.stable_rank)}};
}

Json to_json(const TensorRow& row) {
  const WeightInfo& weight = *row.weight;
  Json json{{"name", weight.name},      {"display_name", row.name},
            {"role", row.role},         {"dtype", name_of(weight.dtype)},
            {"shape", weight.shape},    {"strides", weight.strides},
            {"bytes", weight.bytes},    {"storage", weight.storage},
            {"same_as", weight.same_as}};
  if (row.statistics) json["statistics"] = to_json(*row.statistics);
  if (row.spectrum) json["spectrum"] = to_json(*row.spectrum);
  return json;
}

}  // namespace henson::tools
