// Operators compared with what PyTorch was recorded to answer: tests/runtime/cases.
#pragma once

#include <string>
#include <vector>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// A recorded call: what PyTorch was given and what it gave.
struct RecordedCase {
  std::string text;  // its beginning, for messages
  const Operator* op = nullptr;
  std::vector<Value> arguments;  // as many as the schema has
  std::vector<Value> results;
  bool refused = false;  // PyTorch refused it: there are no results
};

/// All calls of a group: "view" for cases/view.json.
std::vector<RecordedCase> recorded_cases(const std::string& group);

/// Runs the calls of a group, one after the other.
void run_operator_cases(const std::string& group);

}  // namespace henson::runtime
