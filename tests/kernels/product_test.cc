#include "kernels/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

/// What weights are kept as, by whom, on an instruction set.
struct Way {
  const char* name;
  std::unique_ptr<PackedWeights> (*make)(std::size_t out, std::size_t in);
  Isa isa;
};

std::unique_ptr<PackedWeights> make_own(std::size_t out, std::size_t in) {
  return make_weights(out, in, GemmBackend::kOwn);
}
std::unique_ptr<PackedWeights> make_onednn(std::size_t out, std::size_t in) {
  return make_weights(out, in, GemmBackend::kOneDnn);
}
std::unique_ptr<PackedWeights> make_bf16(std::size_t out, std::size_t in) {
  return make_weights(out, in, WeightType::kBFloat16);
}
std::unique_ptr<PackedWeights> make_int8(std::size_t out, std::size_t in) {
  return make_weights(out, in, WeightType::kInt8);
}

class ProductTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (GetParam().make == &make_onednn && !is_built(GemmBackend::kOneDnn)) {
      GTEST_SKIP() << "built without oneDNN";
    }
    if (!force_if_available(GetParam().isa)) {
      GTEST_SKIP() << "this machine has no " << name_of(GetParam().isa);
    }
  }
  void TearDown() override { force_isa(available_isas().back()); }
};

std::vector<Way> all_ways() {
  std::vector<Way> ways{{"onednn", &make_onednn, Isa::kBaseline}};  // picks its set itself
  for (const Isa isa : all_isas()) {
    ways.push_back({"fp32", &make_own, isa});
    ways.push_back({"bf16", &make_bf16, isa});
    ways.push_back({"int8", &make_int8, isa});
  }
  return ways;
}

INSTANTIATE_TEST_SUITE_P(, ProductTest, testing::ValuesIn(all_ways()),
                         [](const testing::TestParamInfo<Way>& way) {
                           return std::string(way.param.name) + "_" +
                                  std::string(name_of(way.param.isa));
                         });

struct Case {
  std::size_t rows, in, out;
};

/// x, weights and bias of a product, with the packed weights.
struct Operands {
  Operands(const Case& c, const Way& way) : shape(c), packed(way.make(c.out, c.in)) {
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

  /// Packs the rows of a product where its weights want that, and computes it.
  void multiply(Product product) const {
    const Input input{product.x, product.x_stride, product.rows, product.first_in, product.last_in};
    std::vector<std::byte> rows(packed->packed_bytes(input));
    if (!rows.empty()) packed->pack_input(input, rows.data());
    product.packed = rows.data();
    packed->multiply(product);
  }

  std::vector<float> run() const {
    std::vector<float> y(shape.rows * shape.out, NAN);
    multiply(product(y));
    return y;
  }

  /// How far off a result may be: the sum of what rounding x and the weights may cost.
  double tolerance() const {
    const double in = static_cast<double>(shape.in);
    switch (packed->type()) {
      case WeightType::kFloat32:
        return 1e-6 * in;
      case WeightType::kBFloat16:  // each of the numbers from -1 to 1 is off by 2^-9 at most
        return 1e-6 * in + 2 * std::sqrt(in) / 512 * 2;
      case WeightType::kInt8:  // steps of up to 4/258 and 2/127: half of them, at random signs
        return 1e-6 * in + 2 * std::sqrt(in) * (1 / 127.0 + 2 / 258.0);
    }
    return 0;
  }

  Case shape;
  std::vector<float> x, weights, bias;
  std::unique_ptr<PackedWeights> packed;
};

TEST_P(ProductTest, OwnProductsRunOnTheForcedInstructionSet) {
  EXPECT_EQ(own_product_isa(), base_of(GetParam().isa));
}

TEST_P(ProductTest, AgreesWithDoublePrecision) {
  for (const Case& c : {Case{1, 1, 1}, Case{1, 768, 768}, Case{3, 5, 2}, Case{14, 64, 32},
                        Case{15, 33, 47}, Case{29, 100, 65}, Case{128, 96, 96}, Case{3, 1800, 9}}) {
    const Operands operands(c, GetParam());
    const std::vector<float> y = operands.run();
    for (std::size_t r = 0; r < c.rows; ++r) {
      for (std::size_t o = 0; o < c.out; ++o) {
        double sum = operands.bias[o];
        for (std::size_t k = 0; k < c.in; ++k) {
          sum += double{operands.x[r * c.in + k]} * operands.weights[o * c.in + k];
        }
        ASSERT_NEAR(y[r * c.out + o], sum, operands.tolerance())
            << c.rows << "x" << c.in << "x" << c.out << " at " << r << ", " << o;
      }
    }
  }
}

TEST_P(ProductTest, WithoutBiasTheSumStartsFromZero) {
  const Operands operands({5, 20, 40}, GetParam());
  std::vector<float> y(5 * 40);
  Product product = operands.product(y);
  product.bias = nullptr;
  operands.multiply(product);
  double sum = 0;
  for (std::size_t k = 0; k < 20; ++k) sum += double{operands.x[k]} * operands.weights[k];
  EXPECT_NEAR(y[0], sum, operands.tolerance());
}

TEST_P(ProductTest, NoRowsGiveNone) {
  const Operands operands({0, 20, 40}, GetParam());
  EXPECT_EQ(operands.run().size(), 0U);
}

TEST_P(ProductTest, RowsDoNotDependOnTheirNeighbours) {
  const Operands all({67, 200, 75}, GetParam());
  const std::vector<float> y = all.run();
  for (const std::size_t rows : {1, 2, 5, 14, 40}) {
    for (std::size_t first = 0; first + rows <= 67; first += rows) {
      std::vector<float> part(rows * 75);
      Product product = all.product(part);
      product.x += first * product.x_stride;
      product.rows = rows;
      all.multiply(product);
      ASSERT_TRUE(same_bits(part.data(), y.data() + first * 75, part.size()))
          << rows << " rows from " << first;
    }
  }
}

TEST_P(ProductTest, PartsOfColumnsAndOfTheSumGiveTheSameBits) {
  constexpr std::size_t kIn = 1700;
  const Operands all({20, kIn, 500}, GetParam());
  const std::vector<float> y = all.run();
  std::vector<float> parts(y.size(), NAN);
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  const std::size_t in_block = all.packed->in_block();
  const std::size_t step = in_block < 64 ? 65 / in_block * in_block : in_block;
  for (std::size_t k = 0; k < kIn; k += step) cuts.push_back({k, std::min(kIn, k + step)});
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
      all.multiply(product);
    }
  }
  EXPECT_TRUE(same_bits(parts.data(), y.data(), y.size()));
}

TEST_P(ProductTest, WritesNothingBesideItsColumns) {
  const Operands all({9, 40, 33}, GetParam());
  std::vector<float> y(9 * 50, 5);
  Product product = all.product(y);
  product.y_stride = 50;
  all.multiply(product);
  for (std::size_t r = 0; r < 9; ++r) {
    for (std::size_t c = 33; c < 50; ++c) ASSERT_EQ(y[r * 50 + c], 5);
  }
}

TEST_P(ProductTest, SeveralMatricesAndTransposedOnesPackAsOne) {
  Operands all({4, 30, 470}, GetParam());
  const std::size_t below = 450;
  std::vector<float> transposed(30 * below);
  for (std::size_t o = 0; o < below; ++o) {
    for (std::size_t k = 0; k < 30; ++k) {
      transposed[k * below + o] = all.weights[(o + 20) * 30 + k];
    }
  }
  const WeightView views[] = {{all.weights.data(), 20, 30, 30, 1},
                              {transposed.data(), below, 30, 1, below}};
  auto packed = GetParam().make(470, 30);
  for (std::size_t block = packed->blocks(); block-- > 0;) packed->fill(views, block, block + 1);
  const std::vector<float> expected = all.run();
  all.packed = std::move(packed);
  EXPECT_EQ(all.run(), expected);
}

TEST_P(ProductTest, WhatIsNotFiniteDoesNotPassForANumber) {
  Operands operands({3, 100, 20}, GetParam());
  operands.x[120] = INFINITY;
  operands.x[250] = NAN;
  const std::vector<float> y = operands.run();
  for (std::size_t o = 0; o < 20; ++o) {
    EXPECT_TRUE(std::isfinite(y[o]));
    EXPECT_FALSE(std::isfinite(y[20 + o]));
    EXPECT_TRUE(std::isnan(y[40 + o]));
  }
}

TEST_P(ProductTest, RoundingIsToldOfTheWeights) {
  const Operands operands({1, 300, 64}, GetParam());
  const double error = operands.packed->rounding_error();
  if (operands.packed->type() != WeightType::kInt8) {
    EXPECT_EQ(error, 0);
    return;
  }
  EXPECT_GT(error, 0.002);
  EXPECT_LT(error, 0.01);
  std::vector<float> weights(64 * 300, 1);
  weights[5] = NAN;
  const WeightView view = {weights.data(), 64, 300, 300, 1};
  operands.packed->fill({&view, 1}, 0, operands.packed->blocks());
  EXPECT_TRUE(std::isnan(operands.packed->rounding_error()));
}

TEST_P(ProductTest, LargeValuesDoNotDrownTheOthers) {
  Operands operands({1, 768, 32}, GetParam());
  const std::vector<float> before = operands.run();
  operands.x[17] += 1000;
  const std::vector<float> after = operands.run();
  for (std::size_t o = 0; o < 32; ++o) {
    const double moved = 1000.0 * operands.weights[o * 768 + 17];
    // A thousand times a weight's own rounding, which is all that the value costs.
    const double weight_rounding =
        operands.packed->type() == WeightType::kInt8 ? 1.0 / 128 : 2.0 / 512;
    EXPECT_NEAR(after[o] - before[o], moved, 1000 * weight_rounding + 0.3);
  }
}

/// Weights that have 8 bits already, of the largest magnitudes, and rows of given scales.
class StoredInt8Test : public IsaTest {};
HENSON_ON_ALL_ISAS(StoredInt8Test);

TEST_P(StoredInt8Test, AreMultipliedExactly) {
  for (const std::size_t in : {8, 50, 768, 1500}) {
    for (const bool by_row : {false, true}) {
      constexpr std::size_t kOut = 45;
      constexpr std::size_t kRows = 7;
      std::vector<std::int8_t> weights(kOut * in);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = static_cast<std::int8_t>(i % 3 == 0 ? 127 : i % 5 == 0 ? -128 : i % 100);
      }
      std::vector<double> scales(kOut);
      for (std::size_t o = 0; o < kOut; ++o) scales[o] = 0.01 + 0.001 * static_cast<double>(o);
      const Int8View views[] = {
          {weights.data(), 20, in, static_cast<std::ptrdiff_t>(in), 1, scales.data(), by_row},
          {weights.data() + 20 * in, kOut - 20, in, static_cast<std::ptrdiff_t>(in), 1,
           scales.data() + 20, by_row}};
      const auto packed = pack_int8_weights(views);
      const std::vector<float> x = random_floats(kRows * in, -1, 1);
      const std::vector<RowScale> rows(kRows, {2.0F / 127, 63});
      const Input input{x.data(), in, kRows, 0, in, rows.data()};
      std::vector<std::byte> bytes(packed->packed_bytes(input));
      packed->pack_input(input, bytes.data());
      std::vector<float> y(kRows * kOut);
      packed->multiply({.packed = bytes.data(),
                        .rows = kRows,
                        .y = y.data(),
                        .y_stride = kOut,
                        .last_column = kOut,
                        .last_in = in});
      for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t o = 0; o < kOut; ++o) {
          const double scale = scales[by_row ? o : o < 20 ? 0 : 20] * (2.0F / 127);
          double sum = 0;
          for (std::size_t k = 0; k < in; ++k) {
            const double q = std::nearbyint(x[r * in + k] * (1 / (2.0F / 127)) + 63) - 63;
            sum += q * weights[o * in + k];
          }
          // A value halfway between two numbers may become either.
          ASSERT_NEAR(y[r * kOut + o], sum * scale, 1e-6 * std::abs(sum * scale) + 260 * scale);
        }
      }
    }
  }
}

TEST(GemmBackendsTest, AgreeWithEachOther) {
  if (!is_built(GemmBackend::kOneDnn)) GTEST_SKIP() << "built without oneDNN";
  const Case shape{33, 768, 500};
  const Isa isa = available_isas().back();
  const std::vector<float> own = Operands(shape, {"fp32", &make_own, isa}).run();
  const std::vector<float> onednn = Operands(shape, {"onednn", &make_onednn, isa}).run();
  for (std::size_t i = 0; i < own.size(); ++i) ASSERT_NEAR(own[i], onednn[i], 1e-4);
}

}  // namespace
}  // namespace henson::kernels
