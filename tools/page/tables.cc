// The sections that are tables: the plan's steps, the tensors.
#include <cmath>
#include <set>

#include "tools/page/charts.h"
#include "tools/page/sections.h"
#include "tools/plan_table.h"
#include "tools/report.h"
#include "tools/tensor_table.h"

namespace henson::tools::page {
namespace {

/// Rows that still get a picture: a frozen archive may have thousands of constants.
constexpr std::size_t kMostSparklines = 1500;

Html heading_cell(std::string_view name, bool number) {
  return element("th", {{"scope", "col"}, {"role", "columnheader"}, {"class", number ? "n" : ""}},
                 element("button", {{"type", "button"}}, text(name)));
}

Html number_cell(const std::string& label, const std::string& shown, double value) {
  return element("td",
                 {{"class", "n"},
                  {"role", "cell"},
                  {"data-label", label},
                  {"data-value", Json(std::isfinite(value) ? value : 0).dump()}},
                 text(shown));
}

Html cell(const std::string& label, const std::string& shown) {
  if (shown.empty()) return element("td", {{"role", "cell"}}, {});
  return element("td", {{"role", "cell"}, {"data-label", label}}, text(shown));
}

Html figure_cells(const TensorRow& row) {
  if (!row.statistics) return element("td", {{"colspan", "6"}, {"role", "cell"}}, {});
  const WeightStatistics& of = *row.statistics;
  const auto cell_of = [](const char* label, double value) {
    return number_cell(label, format_figure(value), value);
  };
  const double zeros =
      of.count == 0 ? 0 : static_cast<double>(of.zeros) / static_cast<double>(of.count);
  return cell_of("mean", of.mean) + cell_of("std", of.deviation) + cell_of("min", of.least) +
         cell_of("max", of.largest) + number_cell("zeros", format_share(zeros), zeros) +
         number_cell("outliers", format_share(of.outlier_share()), of.outlier_share());
}

std::string remark_of(const TensorRow& row) {
  std::string remark;
  const auto add = [&](const std::string& more) { remark += (remark.empty() ? "" : ", ") + more; };
  if (has_odd_strides(*row.weight)) add("strides " + format_shape(row.weight->strides));
  if (!row.weight->same_as.empty()) add("same as " + row.weight->same_as.front());
  if (row.statistics && row.statistics->nans > 0) {
    add(format_count(row.statistics->nans) + " NaN");
  }
  if (row.statistics && row.statistics->infinities > 0) {
    add(format_count(row.statistics->infinities) + " infinite");
  }
  return remark;
}

Html tensor_row(const TensorRow& row, bool pictured) {
  const WeightInfo& weight = *row.weight;
  const bool drawn = pictured && row.statistics && row.statistics->count > 1;
  const std::string remark = remark_of(row);
  return element(
      "tr", {{"role", "row"}, {"data-kind", kind_of(row.role)}},
      element("th", {{"scope", "row"}, {"role", "rowheader"}, {"class", "name"}},
              dotted_name(row.name)) +
          cell("", row.role) + cell("", std::string(henson::name_of(weight.dtype))) +
          cell("", format_shape(weight.shape)) +
          number_cell("", format_bytes(weight.bytes), static_cast<double>(weight.bytes)) +
          figure_cells(row) +
          element("td", {{"class", "picture"}, {"role", "cell"}},
                  (drawn ? sparkline(histogram_of(*row.statistics)) : Html()) +
                      (remark.empty() ? Html() : text(remark))));
}

Html role_choices(const Report& report) {
  std::set<std::string> kinds;
  for (const TensorRow& row : report.rows) kinds.insert(kind_of(row.role));
  Html choices = element("option", {{"value", ""}}, text("all roles"));
  for (const std::string& kind : kinds) {
    if (!kind.empty()) choices += element("option", {{"value", kind}}, text(kind));
  }
  return choices;
}

/// Needs the script, which shows it.
Html tools(const Report& report) {
  return element(
      "div", {{"class", "tools"}, {"role", "search"}, {"hidden", "hidden"}},
      element("div", element("label", {{"for", "query"}}, text("Search: words, or /")) +
                         element("input", {{"id", "query"},
                                           {"type", "search"},
                                           {"autocomplete", "off"},
                                           {"spellcheck", "false"}})) +
          element("div", element("label", {{"for", "role"}}, text("Role")) +
                             element("select", {{"id", "role"}}, role_choices(report))) +
          element("p", {{"id", "count"}, {"role", "status"}, {"aria-live", "polite"}}, {}));
}

Html step_row(const std::string& name, std::size_t count, double milliseconds, double share) {
  return element("tr",
                 element("th", {{"scope", "row"}}, text(name)) +
                     element("td", {{"class", "n"}}, text(format_count(count))) +
                     element("td", {{"class", "n"}}, text(format_milliseconds(milliseconds))) +
                     element("td", {{"class", "n"}}, text(format_share(share))) +
                     element("td", bar({{"", "s0", share}})));
}

Html step_rows(const Timing& timing) {
  double all = 0;
  for (const StepGroup& group : timing.profile) all += group.milliseconds;
  const double whole = std::max(all, 1e-9);
  Html rows;
  StepGroup slow;  // on reference kernels
  for (const StepGroup& group : timing.profile) {
    if (is_reference({group.step, ""})) {
      slow.count += group.count;
      slow.milliseconds += group.milliseconds;
    } else {
      rows += step_row(group.step, group.count, group.milliseconds, group.milliseconds / whole);
    }
  }
  if (slow.count > 0) {
    rows += step_row("sizes, masks and the like (reference)", slow.count, slow.milliseconds,
                     slow.milliseconds / whole);
  }
  return rows;
}

}  // namespace

Html plan_section(const Report& report) {
  if (!report.timing) {
    return report.not_timed.empty()
               ? Html()
               : section("plan", "Where the time goes", element("p", report.not_timed));
  }
  const Timing& timing = *report.timing;
  Html heading;
  for (const char* name : {"step", "times", "ms", "share"}) {
    heading += element("th", {{"scope", "col"}, {"class", heading.empty() ? "" : "n"}}, text(name));
  }
  heading += element("th", {{"scope", "col"}}, text("of the whole"));
  const std::string caption = "A run at " + timing.shape.text + " takes " +
                              format_milliseconds(timing.median_ms) + " ms on " + report.processor +
                              ", fp32";
  return section(
      "plan", "Where the time goes",
      element("div",
              {{"class", "scroll"},
               {"tabindex", "0"},
               {"role", "region"},
               {"aria-label", "Steps of the plan"}},
              element("table", {{"class", "steps"}},
                      element("caption", caption) + element("thead", element("tr", heading)) +
                          element("tbody", step_rows(timing)))) +
          element("p", {{"class", "soft"}}, text(kReferenceMeaning)));
}

Html tensors_section(const Report& report) {
  Html heading;
  for (const char* name : {"name", "role", "dtype", "shape"}) heading += heading_cell(name, false);
  for (const char* name : {"bytes", "mean", "std", "min", "max", "zeros", "outliers"}) {
    heading += heading_cell(name, true);
  }
  heading += element("th", {{"scope", "col"}, {"role", "columnheader"}}, text("histogram"));
  Html rows;
  std::size_t pictures = 0;
  for (const TensorRow& row : report.rows) rows += tensor_row(row, pictures++ < kMostSparklines);
  return section(
      "tensors", "Tensors",
      tools(report) + element("div",
                              {{"class", "scroll"},
                               {"tabindex", "0"},
                               {"role", "region"},
                               {"aria-label", "Table of tensors"}},
                              element("table", {{"role", "table"}},
                                      element("caption",
                                              "Outliers are farther from the mean than 6 standard "
                                              "deviations; histograms go from the smallest to the "
                                              "largest element, as tall as the logarithm of the "
                                              "count.") +
                                          element("thead", {{"role", "rowgroup"}},
                                                  element("tr", {{"role", "row"}}, heading)) +
                                          element("tbody", {{"role", "rowgroup"}}, rows))));
}

}  // namespace henson::tools::page
