#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(RecurrentOperators, AnswerAsPyTorch) { run_operator_cases("recurrent"); }

}  // namespace
}  // namespace henson::runtime
