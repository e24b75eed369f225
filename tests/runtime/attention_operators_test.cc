#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(AttentionOperators, AnswerAsPyTorch) { run_operator_cases("attention"); }

}  // namespace
}  // namespace henson::runtime
