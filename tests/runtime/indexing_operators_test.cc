#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(IndexingOperators, AnswerAsPyTorch) { run_operator_cases("indexing"); }

}  // namespace
}  // namespace henson::runtime
