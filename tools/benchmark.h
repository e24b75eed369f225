// How long runs of a model take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "tools/batch_shape.h"

namespace henson::tools {

struct BenchmarkOptions {
  SessionOptions session;
  double seconds = 2;  // how long each shape is run, at least
};

/// Steps of the plan that do the same.
struct StepGroup {
  std::string step;
  std::size_t count = 0;
  double milliseconds = 0;  // all together, a run
};

/// What was measured at one shape.
struct Timing {
  BatchShape shape;
  double first_ms = 0;  // the first run of all also packs the model's weights
  double min_ms = 0;    // of the runs after the first
  double median_ms = 0;
  std::size_t runs = 0;
  double operations = 0;           // of one run, see Session::operations; 0 for the interpreter
  std::vector<StepGroup> profile;  // the longest first; with SessionOptions::profile

  double gops() const { return operations / min_ms / 1e6; }
};

/// Runs random inputs of that shape (masks of ones) in a session of its own: rectangular ones by
/// Session::run, ranges of lengths by Session::run_ragged.
Timing time_shape(const Model& model, const BatchShape& shape, const BenchmarkOptions& options);

/// Operations that the plan does at a shape. Packs the plan's weights when nobody did before.
double count_operations(const Model& model, const BatchShape& shape, SessionOptions options);

/// The steps of so many runs, those with equal lines (but for their place in the code) as one.
std::vector<StepGroup> group_steps(const std::vector<StepTime>& steps, std::size_t runs);

}  // namespace henson::tools
