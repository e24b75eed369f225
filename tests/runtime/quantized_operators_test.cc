#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(QuantizedOperators, AnswerAsPyTorch) { run_operator_cases("quantized"); }

}  // namespace
}  // namespace henson::runtime
