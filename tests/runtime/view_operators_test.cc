#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ViewOperators, AnswerAsPyTorch) { run_operator_cases("view"); }

}  // namespace
}  // namespace henson::runtime
