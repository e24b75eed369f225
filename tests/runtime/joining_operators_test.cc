#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(JoiningOperators, AnswerAsPyTorch) { run_operator_cases("joining"); }

}  // namespace
}  // namespace henson::runtime
