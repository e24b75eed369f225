#include "kernels/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

class EmbeddingTest : public IsaTest {};
HENSON_ON_ALL_ISAS(EmbeddingTest);

TEST_P(EmbeddingTest, AgreesWithDoublePrecision) {
  for (const std::size_t columns : {1, 3, 4, 15, 16, 17, 33, 312, 768}) {
    const std::vector<float> table = random_floats(4 * columns, -2, 2);
    std::vector<TableRow> rows;
    for (std::size_t count = 1; count <= 4; ++count) {
      rows.push_back({table.data() + (count - 1) * columns, std::nullopt});
      std::vector<float> y(columns + 1, NAN);
      sum_rows(rows.data(), count, y.data(), columns);
      for (std::size_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (const TableRow& row : rows) sum += double{static_cast<const float*>(row.data)[c]};
        ASSERT_NEAR(y[c], sum, 1e-6) << count << " rows of " << columns;
      }
      ASSERT_TRUE(std::isnan(y[columns])) << "writes past the row";
    }
  }
}

TEST_P(EmbeddingTest, RowsOf16BitsAreWidened) {
  for (const std::size_t columns : {1, 17, 255, 256, 300, 768}) {
    const std::vector<float> row = random_floats(columns, -2, 2);
    for (const NarrowType type : {NarrowType::kFloat16, NarrowType::kBFloat16}) {
      std::vector<std::uint16_t> bits(columns);
      narrow(type, row.data(), bits.data(), columns);
      std::vector<float> wide(columns);
      widen(type, bits.data(), wide.data(), columns);
      const std::vector<TableRow> rows{{row.data(), std::nullopt}, {bits.data(), type}};
      std::vector<float> y(columns);
      sum_rows(rows.data(), 2, y.data(), columns);
      for (std::size_t c = 0; c < columns; ++c) ASSERT_EQ(y[c], row[c] + wide[c]);
    }
  }
}

TEST_P(EmbeddingTest, OneRowMayBeNamedTwice) {
  const std::vector<float> row = random_floats(50, -1, 1);
  const std::vector<TableRow> rows{{row.data(), std::nullopt}, {row.data(), std::nullopt}};
  std::vector<float> y(row.size());
  sum_rows(rows.data(), 2, y.data(), y.size());
  for (std::size_t c = 0; c < y.size(); ++c) ASSERT_EQ(y[c], 2 * row[c]);
}

}  // namespace
}  // namespace henson::kernels
