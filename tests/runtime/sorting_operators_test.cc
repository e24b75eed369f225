#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(SortingOperators, AnswerAsPyTorch) { run_operator_cases("sorting"); }
TEST(SortingOperators, AnswerAsPyTorchAtEdges) { run_operator_cases("sorting_edges"); }

}  // namespace
}  // namespace henson::runtime
