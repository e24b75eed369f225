#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ReductionOperators, AnswerAsPyTorch) { run_operator_cases("reduction"); }

}  // namespace
}  // namespace henson::runtime
