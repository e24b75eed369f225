#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(CreationOperators, AnswerAsPyTorch) { run_operator_cases("creation"); }

}  // namespace
}  // namespace henson::runtime
