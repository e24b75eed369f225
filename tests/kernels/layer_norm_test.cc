#include "kernels/layer_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

class LayerNormTest : public IsaTest {};
HENSON_ON_ALL_ISAS(LayerNormTest);

struct Rows {
  Rows(std::size_t row_count, std::size_t column_count)
      : rows(row_count),
        columns(column_count),
        x(random_floats(rows * columns, -3, 5, 1)),
        residual(random_floats(rows * columns, -1, 1, 2)),
        weight(random_floats(columns, 0, 2, 3)),
        bias(random_floats(columns, -1, 1, 4)),
        y(rows * columns, NAN) {}

  LayerNorm call() {
    return {.x = x.data(),
            .x_stride = columns,
            .residual = residual.data(),
            .residual_stride = columns,
            .y = y.data(),
            .y_stride = columns,
            .rows = rows,
            .columns = columns,
            .weight = weight.data(),
            .bias = bias.data(),
            .epsilon = 1e-5F};
  }

  std::size_t rows, columns;
  std::vector<float> x, residual, weight, bias, y;
};

TEST_P(LayerNormTest, AgreesWithDoublePrecision) {
  for (const std::size_t columns : {1, 2, 15, 16, 17, 63, 64, 65, 100, 312, 768, 1024}) {
    Rows rows(5, columns);
    layer_norm(rows.call());
    for (std::size_t r = 0; r < 5; ++r) {
      const auto z = [&](std::size_t c) {
        return double{rows.x[r * columns + c] + rows.residual[r * columns + c]};
      };
      double mean = 0;
      double variance = 0;
      for (std::size_t c = 0; c < columns; ++c) mean += z(c) / static_cast<double>(columns);
      for (std::size_t c = 0; c < columns; ++c) {
        variance += (z(c) - mean) * (z(c) - mean) / static_cast<double>(columns);
      }
      for (std::size_t c = 0; c < columns; ++c) {
        const double expected =
            (z(c) - mean) / std::sqrt(variance + 1e-5F) * rows.weight[c] + rows.bias[c];
        ASSERT_NEAR(rows.y[r * columns + c], expected, 5e-6) << columns << " columns";
      }
    }
  }
}

TEST_P(LayerNormTest, WeightBiasAndResidualMayBeAbsent) {
  Rows rows(2, 50);
  LayerNorm call = rows.call();
  call.residual = nullptr;
  call.weight = nullptr;
  call.bias = nullptr;
  layer_norm(call);
  double sum = 0;
  double squares = 0;
  for (std::size_t c = 0; c < 50; ++c) {
    sum += rows.y[c];
    squares += double{rows.y[c]} * rows.y[c];
  }
  EXPECT_NEAR(sum, 0, 1e-4);
  EXPECT_NEAR(squares / 50, 1, 1e-4);
}

TEST_P(LayerNormTest, RowsStandAloneAndMayBeChangedInPlace) {
  Rows rows(7, 77);
  layer_norm(rows.call());
  for (std::size_t r = 0; r < 7; ++r) {
    std::vector<float> row(rows.x.begin() + static_cast<long>(r * 77),
                           rows.x.begin() + static_cast<long>((r + 1) * 77));
    LayerNorm call = rows.call();
    call.x = row.data();
    call.y = row.data();
    call.residual += r * 77;
    call.rows = 1;
    layer_norm(call);
    ASSERT_TRUE(same_bits(row.data(), rows.y.data() + r * 77, 77));
  }
}

TEST_P(LayerNormTest, AddResidualAdds) {
  Rows rows(3, 21);
  add_residual(rows.call());
  for (std::size_t i = 0; i < rows.y.size(); ++i) {
    ASSERT_EQ(rows.y[i], rows.x[i] + rows.residual[i]);
  }
}

}  // namespace
}  // namespace henson::kernels
