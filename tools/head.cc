#include "tools/head.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/numbers.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

bool is_matrix(const WeightInfo& weight) { return weight.shape.size() == 2; }

/// Rows of the largest table, which the words have; 0 when there is none.
std::int64_t vocabulary_of(std::span<const WeightInfo> weights) {
  std::int64_t rows = 0;
  for (const WeightInfo& weight : weights) {
    if (weight.is_embedding_table && is_matrix(weight)) rows = std::max(rows, weight.shape[0]);
  }
  return rows;
}

/// Whether one of these has the very same elements as the weight.
bool has_alias(std::span<const WeightInfo> others, const WeightInfo& weight) {
  return std::any_of(others.begin(), others.end(), [&](const WeightInfo& other) {
    return std::find(weight.same_as.begin(), weight.same_as.end(), other.name) !=
           weight.same_as.end();
  });
}

bool same_elements(const WeightInfo& a, const WeightInfo& b) {
  return a.name == b.name ||
         std::find(a.same_as.begin(), a.same_as.end(), b.name) != a.same_as.end();
}

/// NaN in one only is an infinite difference.
double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(a - b);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

void measure(Head& head, const Tensor& table, const Tensor& decoder) {
  const std::int64_t columns = table.shape()[1];
  for (std::int64_t row = 0; row < head.vocabulary; ++row) {
    bool differs = false;
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int64_t there =
          head.transposed ? column * head.vocabulary + row : row * columns + column;
      const double difference =
          distance(number_at(table, static_cast<std::size_t>(row * columns + column)),
                   number_at(decoder, static_cast<std::size_t>(there)));
      differs = differs || difference > 0;
      if (difference > head.largest_difference) {
        head.largest_difference = difference;
        head.row = row;
        head.column = column;
      }
    }
    head.differing_rows += differs ? 1 : 0;
  }
}

std::optional<Head> compare(const WeightInfo& table, const WeightInfo& decoder) {
  const std::vector<std::int64_t> turned{table.shape[1], table.shape[0]};
  if (decoder.shape != table.shape && decoder.shape != turned) return std::nullopt;
  Head head;
  head.embedding = table.name;
  head.decoder = decoder.name;
  head.transposed = decoder.shape != table.shape;
  head.vocabulary = table.shape[0];
  if (same_elements(table, decoder)) return head;
  if (!table.read || !decoder.read || table.bytes == 0) return std::nullopt;
  measure(head, table.read(), decoder.read());
  if (head.differing_rows > 0) {
    head.state = Head::State::kDiverged;
  } else if (table.storage != decoder.storage || table.storage.empty()) {
    head.state = Head::State::kEqual;
  }
  return head;
}

}  // namespace

std::vector<Head> find_heads(std::span<const WeightInfo> weights) {
  const std::int64_t vocabulary = vocabulary_of(weights);
  std::vector<Head> heads;
  for (std::size_t d = 0; d < weights.size(); ++d) {
    const WeightInfo& decoder = weights[d];
    if (!decoder.is_linear_weight || !is_matrix(decoder)) continue;
    // Of several names for one tensor, the first is the table's and the last the decoder's.
    if (has_alias(weights.subspan(d + 1), decoder)) continue;
    std::optional<Head> best;  // a model may have several tables of words: the closest counts
    for (const WeightInfo& table : weights) {
      if (!table.is_embedding_table || !is_matrix(table) || table.shape[0] != vocabulary) continue;
      std::optional<Head> head = compare(table, decoder);
      if (!head) continue;
      if (!best || head->state < best->state || head->differing_rows < best->differing_rows) {
        best = std::move(head);
      }
    }
    if (best) heads.push_back(std::move(*best));
  }
  return heads;
}

std::string describe(const Head& head) {
  switch (head.state) {
    case Head::State::kTied:
      return "tied: one tensor";
    case Head::State::kEqual:
      return "untied and equal: two tensors with the same elements";
    case Head::State::kDiverged:
      break;
  }
  return "diverged: " + format_count(static_cast<std::uint64_t>(head.differing_rows)) + " of " +
         plural(static_cast<std::size_t>(head.vocabulary), "row") + " differ, by " +
         format_error(head.largest_difference) + " at most (row " + std::to_string(head.row) +
         ", column " + std::to_string(head.column) + ")";
}

}  // namespace henson::tools
