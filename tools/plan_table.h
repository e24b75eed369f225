// The steps of a plan as a table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report.h"

namespace henson::tools {

/// A line of Model::describe.
struct PlanStep {
  std::string what;   // "attention, 12 heads"
  std::string place;  // "code/model.py:12"
};

std::vector<PlanStep> plan_steps(std::span<const std::string> lines);

/// Whether it runs on a reference kernel.
bool is_reference(const PlanStep& step);

/// What `(reference)` means, for people.
extern const std::string_view kReferenceMeaning;

/// A row a step, and at the end what `(reference)` means where that stands. With `fold`, steps that
/// come again layer by layer are one block.
Table plan_table(std::span<const std::string> lines, bool fold);

}  // namespace henson::tools
