#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ComparisonOperators, AnswerAsPyTorch) { run_operator_cases("comparison"); }

}  // namespace
}  // namespace henson::runtime
