// How far an output is from the one that was recorded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// The element that is farthest from the recorded one.
struct WorstElement {
  std::size_t output = 0;
  std::size_t index = 0;  // row-major
  std::string place;      // "[0, 3, 2]"
  std::string ours;
  std::string theirs;
};

struct Comparison {
  /// max|ours - theirs| / max(1, max|theirs|), the greatest of all outputs. Infinite when a NaN or
  /// an infinity is on one side only, when integers or booleans differ, and with a mismatch.
  double error = 0;
  std::optional<WorstElement> worst;  // when error > 0 and an element is to blame
  /// Why the outputs cannot be compared by element: "2 outputs, 1 recorded"; empty when they can.
  std::string mismatch;
};

/// Compares an output's tensors, in order. float16 and bfloat16 outputs may have been recorded as
/// float32, which npz files have; other dtypes, the shapes and the number of outputs must be equal.
/// `reference` says in messages whose `theirs` are: "recorded".
Comparison compare(const std::vector<Tensor>& ours, const std::vector<Tensor>& theirs,
                   const std::string& reference);

/// The error that a model is allowed: by the lowest type that its computation passes through.
double default_tolerance(const Model& model, const SessionOptions& options);
/// That type: "float32", "float16", "bfloat16", "int8".
std::string lowest_type(const Model& model, const SessionOptions& options);

}  // namespace henson::tools
