#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ArithmeticOperators, AnswerAsPyTorch) { run_operator_cases("arithmetic"); }

}  // namespace
}  // namespace henson::runtime
