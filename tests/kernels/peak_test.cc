#include "kernels/peak.h"

#include <gtest/gtest.h>

#include "tests/kernels/isas.h"

namespace henson::kernels {
namespace {

class PeakTest : public IsaTest {};
HENSON_ON_ALL_ISAS(PeakTest);

TEST_P(PeakTest, IsPlausible) {
  const double gops = measure_peak_gops(1);
  EXPECT_GT(gops, 0.05);
  EXPECT_LT(gops, 10000);
}

}  // namespace
}  // namespace henson::kernels
