#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ScalarOperators, AnswerAsPyTorch) { run_operator_cases("scalar"); }
TEST(ScalarOperators, AnswerAsPyTorchAtEdges) { run_operator_cases("scalar_edges"); }

}  // namespace
}  // namespace henson::runtime
