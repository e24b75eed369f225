#include "kernels/activation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

class ActivationTest : public IsaTest {};
HENSON_ON_ALL_ISAS(ActivationTest);

constexpr Activation kAll[] = {Activation::kNone, Activation::kRelu,     Activation::kGelu,
                               Activation::kTanh, Activation::kSigmoid,  Activation::kGeluTanh,
                               Activation::kSilu, Activation::kGeluQuick};

double exact(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kSilu:
      return x / (1 + std::exp(-x));
    case Activation::kGeluQuick:
      return x / (1 + std::exp(-1.702 * x));
  }
  return 0;
}

TEST_P(ActivationTest, RunsOnTheForcedInstructionSet) {
  EXPECT_EQ(activate_isa(), base_of(GetParam()));
}

TEST_P(ActivationTest, AgreesWithDoublePrecision) {
  std::vector<float> x;
  for (int i = -120000; i <= 120000; ++i) x.push_back(static_cast<float>(i) * 1e-4F);
  for (const float edge : {0.0F, -0.0F, 1e-30F, -1e-30F, 100.0F, -100.0F, 1e4F, -1e4F}) {
    x.push_back(edge);
  }
  for (const Activation activation : kAll) {
    std::vector<float> y = x;
    activate(activation, y.data(), 1, y.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double scale = std::max(1.0, std::fabs(double{x[i]}));
      ASSERT_NEAR(y[i], exact(activation, x[i]), 6e-7 * scale)
          << name_of(activation) << " of " << x[i];
    }
  }
}

TEST_P(ActivationTest, NotANumberStaysSo) {
  for (const Activation activation : {Activation::kSigmoid, Activation::kSilu}) {
    std::vector<float> y(20, std::numeric_limits<float>::quiet_NaN());
    activate(activation, y.data(), 1, y.size(), y.size());
    for (const float value : y) ASSERT_TRUE(std::isnan(value)) << name_of(activation);
  }
}

TEST_P(ActivationTest, ElementsDoNotDependOnTheirPlaceAndNothingElseIsWritten) {
  const std::vector<float> x = random_floats(3 * 50, -4, 4);
  for (const Activation activation : kAll) {
    std::vector<float> whole = x;
    activate(activation, whole.data(), 1, whole.size(), whole.size());
    std::vector<float> rows = x;
    activate(activation, rows.data(), 3, 37, 50);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float expected = i % 50 < 37 ? whole[i] : x[i];
      ASSERT_TRUE(same_bits(&rows[i], &expected, 1)) << name_of(activation) << " at " << i;
    }
  }
}

TEST(ActivationNamesTest, AreFoundAgain) {
  for (const Activation activation : kAll) {
    EXPECT_EQ(activation_named(name_of(activation)), activation);
  }
  EXPECT_FALSE(activation_named("swish").has_value());
}

}  // namespace
}  // namespace henson::kernels
