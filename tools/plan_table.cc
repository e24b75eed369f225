#include "tools/plan_table.h"

#include <algorithm>

#include "tools/folding.h"
#include "tools/inspection_text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kReference = " (reference)";

std::string places(std::size_t count, const std::string& place) {
  return printable(place) + (count > 1 ? ", …" : "");
}

void add_steps(Table& table, std::span<const PlanStep> steps, const Fold& fold) {
  // One step that comes several times is a line of its own.
  const std::string times =
      fold.size == 1 && fold.count > 1 ? std::to_string(fold.count) + " × " : "";
  const std::string indent = fold.size > 1 && fold.count > 1 ? "  " : "";
  if (!indent.empty()) {
    table.add_line(std::to_string(fold.count) + " times, one after the other:");
  }
  for (const PlanStep& step : steps.subspan(fold.first, fold.size)) {
    table.add({indent + times + printable(step.what), places(fold.count, step.place)});
  }
}

}  // namespace

const std::string_view kReferenceMeaning =
    "(reference): no fast kernel stands for this operator; it runs as the code says, on a kernel "
    "that is exact and not tuned. Sizes and masks cost next to nothing; henson bench --profile "
    "tells.";

std::vector<PlanStep> plan_steps(std::span<const std::string> lines) {
  std::vector<PlanStep> steps;
  for (const std::string& line : lines) {
    const std::size_t gap = line.rfind("  ");
    if (gap == std::string::npos) {
      steps.push_back({line, ""});
    } else {
      steps.push_back({line.substr(0, gap), line.substr(gap + 2)});
    }
  }
  return steps;
}

bool is_reference(const PlanStep& step) { return step.what.ends_with(kReference); }

Table plan_table(std::span<const std::string> lines, bool fold) {
  const std::vector<PlanStep> steps = plan_steps(lines);
  std::vector<std::string> kinds;
  for (const PlanStep& step : steps) kinds.push_back(step.what);
  Table table({Table::Align::kLeft, Table::Align::kLeft}, "  ");
  if (fold) {
    for (const Fold& each : fold_repeats(kinds)) add_steps(table, steps, each);
  } else {
    for (std::size_t i = 0; i < steps.size(); ++i) add_steps(table, steps, {i, 1, 1});
  }
  if (std::any_of(steps.begin(), steps.end(), is_reference)) {
    table.add_line(wrapped(std::string(kReferenceMeaning), 98, 4));
  }
  return table;
}

}  // namespace henson::tools
