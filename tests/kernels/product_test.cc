#include "kernels/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/isas.h"

namespace henson::kernels {
namespace {

class ProductTest : public IsaTest {};
HENSON_ON_ALL_ISAS(ProductTest);

struct Case {
  std::size_t rows, in, out;
};

/// x, weights and bias of a product, with the packed weights.
struct Operands {
  explicit Operands(const Case& c) : shape(c), packed(c.out, c.in) {
    std::mt19937 random(7);
    std::uniform_real_distribution<float> numbers(-1, 1);
    const auto fill = [&](std::vector<float>& values, std::size_t size) {
      values.resize(size);
      for (float& value : values) value = numbers(random);
    };
    fill(x, c.rows * c.in);
    fill(weights, c.out * c.in);
    fill(bias, c.out);
    const WeightView view = {weights.data(), c.out, c.in, static_cast<std::ptrdiff_t>(c.in), 1};
    packed.fill({&view, 1}, 0, packed.panels());
  }

  Product product(std::vector<float>& y) const {
    return {.x = x.data(),
            .x_stride = shape.in,
            .rows = shape.rows,
            .y = y.data(),
            .y_stride = shape.out,
            .bias = bias.data(),
            .last_panel = packed.panels(),
            .last_in = shape.in};
  }

  std::vector<float> run() const {
    std::vector<float> y(shape.rows * shape.out, NAN);
    multiply(packed, product(y));
    return y;
  }

  Case shape;
  std::vector<float> x, weights, bias;
  PackedWeights packed;
};

bool same_bits(const float* a, const float* b, std::size_t size) {
  return std::memcmp(a, b, size * sizeof(float)) == 0;
}

TEST_P(ProductTest, RunsOnTheForcedInstructionSet) { EXPECT_EQ(multiply_isa(), GetParam()); }

TEST_P(ProductTest, AgreesWithDoublePrecision) {
  for (const Case& c : {Case{1, 1, 1}, Case{1, 768, 768}, Case{3, 5, 2}, Case{14, 64, 32},
                        Case{15, 33, 47}, Case{29, 100, 65}, Case{128, 96, 96}}) {
    const Operands operands(c);
    const std::vector<float> y = operands.run();
    for (std::size_t r = 0; r < c.rows; ++r) {
      for (std::size_t o = 0; o < c.out; ++o) {
        double sum = operands.bias[o];
        for (std::size_t k = 0; k < c.in; ++k) {
          sum += double{operands.x[r * c.in + k]} * operands.weights[o * c.in + k];
        }
        ASSERT_NEAR(y[r * c.out + o], sum, 1e-6 * static_cast<double>(c.in))
            << c.rows << "x" << c.in << "x" << c.out << " at " << r << ", " << o;
      }
    }
  }
}

TEST_P(ProductTest, RowsDoNotDependOnTheirNeighbours) {
  const Operands all({67, 200, 75});
  const std::vector<float> y = all.run();
  for (const std::size_t rows : {1, 2, 5, 14, 40}) {
    for (std::size_t first = 0; first + rows <= 67; first += rows) {
      std::vector<float> part(rows * 75);
      Product product = all.product(part);
      product.x += first * product.x_stride;
      product.rows = rows;
      multiply(all.packed, product);
      ASSERT_TRUE(same_bits(part.data(), y.data() + first * 75, part.size())) << rows << first;
    }
  }
}

TEST_P(ProductTest, PartsOfPanelsAndOfDepthGiveTheSameBits) {
  const Operands all({20, 200, 140});
  const std::vector<float> y = all.run();
  std::vector<float> parts(y.size(), NAN);
  for (std::size_t panel = 0; panel < all.packed.panels(); ++panel) {
    for (const auto& [first, last] :
         {std::pair<std::size_t, std::size_t>{0, 64}, {64, 65}, {65, 200}}) {
      Product product = all.product(parts);
      product.x += first;
      product.first_panel = panel;
      product.last_panel = panel + 1;
      product.first_in = first;
      product.last_in = last;
      product.add_to_result = first > 0;
      multiply(all.packed, product);
    }
  }
  EXPECT_TRUE(same_bits(parts.data(), y.data(), y.size()));
}

TEST_P(ProductTest, WritesNothingBesideItsColumns) {
  const Operands all({9, 40, 33});
  std::vector<float> y(9 * 50, 5);
  Product product = all.product(y);
  product.y_stride = 50;
  multiply(all.packed, product);
  for (std::size_t r = 0; r < 9; ++r) {
    for (std::size_t c = 33; c < 50; ++c) ASSERT_EQ(y[r * 50 + c], 5);
  }
}

TEST_P(ProductTest, SeveralMatricesAndTransposedOnesPackAsOne) {
  const Operands all({4, 30, 70});
  std::vector<float> transposed(30 * 50);
  for (std::size_t o = 0; o < 50; ++o) {
    for (std::size_t k = 0; k < 30; ++k) transposed[k * 50 + o] = all.weights[(o + 20) * 30 + k];
  }
  const WeightView views[] = {{all.weights.data(), 20, 30, 30, 1},
                              {transposed.data(), 50, 30, 1, 50}};
  PackedWeights packed(70, 30);
  for (std::size_t panel = packed.panels(); panel-- > 0;) packed.fill(views, panel, panel + 1);
  std::vector<float> y(4 * 70);
  multiply(packed, all.product(y));
  EXPECT_TRUE(same_bits(y.data(), all.run().data(), y.size()));
}

}  // namespace
}  // namespace henson::kernels
