#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(UnaryOperators, AnswerAsPyTorch) { run_operator_cases("unary"); }

}  // namespace
}  // namespace henson::runtime
