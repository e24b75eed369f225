#include "tools/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/numbers.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct LowestType {
  const char* name;
  double tolerance;
};

/// The plan is allowed twice as much as operators that round where the archive's do.
LowestType lowest(const Model& model, const SessionOptions& options) {
  const double plan = options.executor == Executor::kPlan ? 2 : 1;
  if (options.precision == Precision::kInt8) return {"int8", 4e-2};
  if (model.computes_in(DType::kBFloat16)) return {"bfloat16", plan * 2e-2};
  if (options.precision == Precision::kBFloat16) return {"bfloat16", 2e-2};
  if (model.computes_quantized()) return {"int8", 1e-2};
  if (model.computes_in(DType::kFloat16)) return {"float16", plan * 3e-3};
  return {"float32", plan * 1e-5};
}

bool comparable(DType ours, DType theirs) {
  if (ours == theirs) return true;
  return (ours == DType::kFloat16 || ours == DType::kBFloat16) && theirs == DType::kFloat32;
}

std::string mismatch_of(const Tensor& ours, const Tensor& theirs, const std::string& reference) {
  if (ours.shape() != theirs.shape()) {
    return "has shape " + format_shape(ours.shape()) + ", " + reference + ' ' +
           format_shape(theirs.shape());
  }
  if (!comparable(ours.dtype(), theirs.dtype())) {
    return "is " + std::string(name_of(ours.dtype())) + ", " + reference + ' ' +
           std::string(name_of(theirs.dtype()));
  }
  return {};
}

double largest_magnitude(const Tensor& tensor) {
  double largest = 0;
  const auto count = static_cast<std::size_t>(tensor.element_count());
  for (std::size_t i = 0; i < count; ++i) {
    const double magnitude = std::abs(number_at(tensor, i));
    if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
  }
  return largest;
}

double difference(double ours, double theirs) {
  if (ours == theirs || (std::isnan(ours) && std::isnan(theirs))) return 0;
  const double distance = std::abs(ours - theirs);
  return std::isfinite(distance) ? distance : kInfinity;
}

/// The error of one output, with the index of its worst element.
struct OutputError {
  double error = 0;
  std::size_t index = 0;
};

OutputError error_of(const Tensor& ours, const Tensor& theirs) {
  OutputError worst;
  const bool exact = !is_floating(ours.dtype());
  const double scale = exact ? 1 : std::max(1.0, largest_magnitude(theirs));
  const auto count = static_cast<std::size_t>(ours.element_count());
  for (std::size_t i = 0; i < count; ++i) {
    double error = 0;
    if (exact) {
      error = integer_at(ours, i) == integer_at(theirs, i) ? 0 : kInfinity;
    } else {
      error = difference(number_at(ours, i), number_at(theirs, i)) / scale;
    }
    if (error > worst.error) worst = {error, i};
  }
  return worst;
}

}  // namespace

Comparison compare(const std::vector<Tensor>& ours, const std::vector<Tensor>& theirs,
                   const std::string& reference) {
  Comparison result;
  if (ours.size() != theirs.size()) {
    result.error = kInfinity;
    result.mismatch =
        plural(ours.size(), "output") + ", " + reference + ' ' + std::to_string(theirs.size());
    return result;
  }
  for (std::size_t k = 0; k < ours.size(); ++k) {
    const std::string mismatch = mismatch_of(ours[k], theirs[k], reference);
    if (!mismatch.empty()) {
      result.error = kInfinity;
      result.worst.reset();
      result.mismatch = "output " + std::to_string(k) + ' ' + mismatch;
      return result;
    }
    const OutputError output = error_of(ours[k], theirs[k]);
    if (output.error <= result.error) continue;
    result.error = output.error;
    result.worst = {k, output.index, place_in(ours[k].shape(), output.index),
                    format_element(ours[k], output.index), format_element(theirs[k], output.index)};
  }
  return result;
}

double default_tolerance(const Model& model, const SessionOptions& options) {
  return lowest(model, options).tolerance;
}

std::string lowest_type(const Model& model, const SessionOptions& options) {
  return lowest(model, options).name;
}

}  // namespace henson::tools
