#include <gtest/gtest.h>

#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

TEST(ConvolutionOperators, AnswerAsPyTorch) { run_operator_cases("convolution"); }

}  // namespace
}  // namespace henson::runtime
