#include "kernels/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

/// A backend on an instruction set.
using Way = std::tuple<GemmBackend, Isa>;

class ProductTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (!is_built(backend())) GTEST_SKIP() << "built without " << name_of(backend());
    if (!force_if_available(std::get<Isa>(GetParam()))) {
      GTEST_SKIP() << "this machine has no " << name_of(std::get<Isa>(GetParam()));
    }
  }
  void TearDown() override { force_isa(available_isas().back()); }
  static GemmBackend backend() { return std::get<GemmBackend>(GetParam()); }
};

std::string name_of_way(const testing::TestParamInfo<Way>& way) {
  const auto& [backend, isa] = way.param;
  return std::string(backend == GemmBackend::kOwn ? name_of(isa) : name_of(backend));
}

// oneDNN picks its instruction set itself.
INSTANTIATE_TEST_SUITE_P(, ProductTest,
                         testing::Values(Way(GemmBackend::kOwn, Isa::kBaseline),
                                         Way(GemmBackend::kOwn, Isa::kSse4),
                                         Way(GemmBackend::kOwn, Isa::kAvx2),
                                         Way(GemmBackend::kOwn, Isa::kAvx512),
                                         Way(GemmBackend::kOneDnn, Isa::kBaseline)),
                         name_of_way);

struct Case {
  std::size_t rows, in, out;
};

/// x, weights and bias of a product, with the packed weights.
struct Operands {
  Operands(const Case& c, GemmBackend backend)
      : shape(c), packed(make_weights(c.out, c.in, backend)) {
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
    packed->fill({&view, 1}, 0, packed->blocks());
  }

  Product product(std::vector<float>& y) const {
    return {.x = x.data(),
            .x_stride = shape.in,
            .rows = shape.rows,
            .y = y.data(),
            .y_stride = shape.out,
            .bias = bias.data(),
            .last_column = shape.out,
            .last_in = shape.in};
  }

  std::vector<float> run() const {
    std::vector<float> y(shape.rows * shape.out, NAN);
    packed->multiply(product(y));
    return y;
  }

  Case shape;
  std::vector<float> x, weights, bias;
  std::unique_ptr<PackedWeights> packed;
};

TEST_P(ProductTest, OwnProductsRunOnTheForcedInstructionSet) {
  EXPECT_EQ(own_product_isa(), std::get<Isa>(GetParam()));
}

TEST_P(ProductTest, AgreesWithDoublePrecision) {
  for (const Case& c : {Case{1, 1, 1}, Case{1, 768, 768}, Case{3, 5, 2}, Case{14, 64, 32},
                        Case{15, 33, 47}, Case{29, 100, 65}, Case{128, 96, 96}}) {
    const Operands operands(c, backend());
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

TEST_P(ProductTest, WithoutBiasTheSumStartsFromZero) {
  const Operands operands({5, 20, 40}, backend());
  std::vector<float> y(5 * 40);
  Product product = operands.product(y);
  product.bias = nullptr;
  operands.packed->multiply(product);
  double sum = 0;
  for (std::size_t k = 0; k < 20; ++k) sum += double{operands.x[k]} * operands.weights[k];
  EXPECT_NEAR(y[0], sum, 1e-5);
}

TEST_P(ProductTest, NoRowsGiveNone) {
  const Operands operands({0, 20, 40}, backend());
  EXPECT_EQ(operands.run().size(), 0U);
}

TEST_P(ProductTest, RowsDoNotDependOnTheirNeighbours) {
  const Operands all({67, 200, 75}, backend());
  const std::vector<float> y = all.run();
  for (const std::size_t rows : {1, 2, 5, 14, 40}) {
    for (std::size_t first = 0; first + rows <= 67; first += rows) {
      std::vector<float> part(rows * 75);
      Product product = all.product(part);
      product.x += first * product.x_stride;
      product.rows = rows;
      all.packed->multiply(product);
      ASSERT_TRUE(same_bits(part.data(), y.data() + first * 75, part.size()))
          << rows << " rows from " << first;
    }
  }
}

TEST_P(ProductTest, PartsOfColumnsAndOfTheSumGiveTheSameBits) {
  const Operands all({20, 200, 500}, backend());
  const std::vector<float> y = all.run();
  std::vector<float> parts(y.size(), NAN);
  std::vector<std::pair<std::size_t, std::size_t>> cuts = {{0, 200}};
  if (all.packed->splits_in()) cuts = {{0, 64}, {64, 65}, {65, 200}};
  const std::size_t block = all.packed->column_block();
  for (std::size_t column = 0; column < 500; column += block) {
    for (const auto& [first, last] : cuts) {
      Product product = all.product(parts);
      product.x += first;
      product.y += column;
      product.first_column = column;
      product.last_column = std::min<std::size_t>(500, column + block);
      product.first_in = first;
      product.last_in = last;
      product.add_to_result = first > 0;
      all.packed->multiply(product);
    }
  }
  EXPECT_TRUE(same_bits(parts.data(), y.data(), y.size()));
}

TEST_P(ProductTest, WritesNothingBesideItsColumns) {
  const Operands all({9, 40, 33}, backend());
  std::vector<float> y(9 * 50, 5);
  Product product = all.product(y);
  product.y_stride = 50;
  all.packed->multiply(product);
  for (std::size_t r = 0; r < 9; ++r) {
    for (std::size_t c = 33; c < 50; ++c) ASSERT_EQ(y[r * 50 + c], 5);
  }
}

TEST_P(ProductTest, SeveralMatricesAndTransposedOnesPackAsOne) {
  const Operands all({4, 30, 470}, backend());
  const std::size_t below = 450;
  std::vector<float> transposed(30 * below);
  for (std::size_t o = 0; o < below; ++o) {
    for (std::size_t k = 0; k < 30; ++k) {
      transposed[k * below + o] = all.weights[(o + 20) * 30 + k];
    }
  }
  const WeightView views[] = {{all.weights.data(), 20, 30, 30, 1},
                              {transposed.data(), below, 30, 1, below}};
  const auto packed = make_weights(470, 30, backend());
  for (std::size_t block = packed->blocks(); block-- > 0;) packed->fill(views, block, block + 1);
  std::vector<float> y(4 * 470);
  packed->multiply(all.product(y));
  EXPECT_TRUE(same_bits(y.data(), all.run().data(), y.size()));
}

TEST(GemmBackendsTest, AgreeWithEachOther) {
  if (!is_built(GemmBackend::kOneDnn)) GTEST_SKIP() << "built without oneDNN";
  const Case shape{33, 768, 500};
  const std::vector<float> own = Operands(shape, GemmBackend::kOwn).run();
  const std::vector<float> onednn = Operands(shape, GemmBackend::kOneDnn).run();
  for (std::size_t i = 0; i < own.size(); ++i) ASSERT_NEAR(own[i], onednn[i], 1e-4);
}

}  // namespace
}  // namespace henson::kernels
