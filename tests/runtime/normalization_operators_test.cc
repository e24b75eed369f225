#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(NormalizationOperators, AnswerAsPyTorch) { run_operator_cases("normalization"); }

}  // namespace
}  // namespace henson::runtime
