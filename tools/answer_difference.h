// Whether two models answer alike.
#pragma once

#include <optional>
#include <string>

#include "henson/diff.h"

namespace henson::tools {

struct AnswersAlike {
  std::optional<AnswerDifference> difference;
  std::string why_not;  // where the two could not be compared
};

/// Runs both on the same random inputs, which are given to the inputs of the same role.
AnswersAlike compare_answers(const Model& a, const Model& b, const SessionOptions& options);

}  // namespace henson::tools
