#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ScalarOperators, AnswerAsPyTorch) { run_operator_cases("scalar"); }

}  // namespace
}  // namespace henson::runtime
