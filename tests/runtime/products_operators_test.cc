#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ProductsOperators, AnswerAsPyTorch) { run_operator_cases("products"); }

}  // namespace
}  // namespace henson::runtime
