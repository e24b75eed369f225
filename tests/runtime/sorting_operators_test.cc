#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(SortingOperators, AnswerAsPyTorch) { run_operator_cases("sorting"); }

}  // namespace
}  // namespace henson::runtime
