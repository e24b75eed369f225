// Whether an archive answers as it should.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "tools/cases.h"

namespace henson::tools {

struct VerifyOptions {
  SessionOptions session;
  std::optional<double> tolerance;  // that of the model's lowest type unless given
};

/// One case: of a file, or of random inputs.
struct CaseResult {
  enum class State { kAgrees, kDiffers, kRefused };
  std::string name;         // "0"
  std::string inputs;       // their shapes: "[2, 7] [2, 7]"
  std::size_t outputs = 0;  // 0 when it did not run
  double error = 0;
  State state = State::kAgrees;
  std::string reason;  // why it does not agree, or what refused it
};

/// One archive. It agrees when it was opened, some case agrees and none differs.
struct ArchiveResult {
  std::string name;
  std::vector<CaseResult> cases;
  std::string type;  // the lowest that the computation passes through: "float32"
  double tolerance = 0;
  std::string failure;  // why it could not be opened or its cases could not be read

  bool agrees() const;
  double worst_error() const;
  /// The first reason why it does not agree; empty when it does.
  std::string reason() const;
};

/// Runs recorded cases and compares.
ArchiveResult verify_cases(const Model& model, const std::vector<Case>& cases,
                           const VerifyOptions& options);

/// Runs the plan and the interpreter on random inputs and compares. A shape that both refuse is
/// kRefused: neither right nor wrong.
ArchiveResult verify_random(const Model& model, const VerifyOptions& options);

}  // namespace henson::tools
