#include "runtime/inspection/ties.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

namespace henson::runtime {
namespace {

constexpr std::size_t kMostMoved = 10;

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

/// Two matrices row by row, as elements of T.
template <typename T>
class RowComparison {
 public:
  RowComparison(DecoderTie& tie, const henson::Tensor& table, const henson::Tensor& decoder)
      : tie_(tie),
        columns_(static_cast<std::size_t>(table.shape()[1])),
        table_(table.to(dtype_of<T>())),
        decoder_(decoder.to(dtype_of<T>())) {}

  void run() {
    for (std::int64_t row = 0; row < tie_.vocabulary; ++row) compare(row);
    if (counted_ > 0) tie_.mean_cosine = cosines_ / static_cast<double>(counted_);
    const std::size_t kept = std::min(kMostMoved, tie_.moved.size());
    std::partial_sort(tie_.moved.begin(), tie_.moved.begin() + static_cast<std::ptrdiff_t>(kept),
                      tie_.moved.end(), [](const auto& a, const auto& b) {
                        return std::tie(b.distance, a.row) < std::tie(a.distance, b.row);
                      });
    tie_.moved.resize(kept);
  }

 private:
  void compare(std::int64_t row) {
    const auto at = static_cast<std::size_t>(row);
    const auto rows = static_cast<std::size_t>(tie_.vocabulary);
    const T* const a = table_.template values<T>().data() + at * columns_;
    const T* const b =
        decoder_.template values<T>().data() + (tie_.transposed ? at : at * columns_);
    const std::size_t step = tie_.transposed ? rows : 1;
    double squares_a = 0;
    double squares_b = 0;
    double product = 0;
    double squares = 0;
    for (std::size_t column = 0; column < columns_; ++column) {
      const double x = a[column];
      const double y = b[column * step];
      squares_a += x * x;
      squares_b += y * y;
      product += x * y;
      if (x == y) continue;
      const double difference = distance(x, y);
      squares += difference * difference;
      if (difference > tie_.largest_difference) {
        tie_.largest_difference = difference;
        tie_.row = row;
        tie_.column = static_cast<std::int64_t>(column);
      }
    }
    const double lengths = std::sqrt(squares_a) * std::sqrt(squares_b);
    const double cosine = squares == 0 ? 1 : product / lengths;
    if (!std::isnan(cosine)) {  // a row of zeros, as the padding's, has no direction
      tie_.smallest_cosine = std::min(tie_.smallest_cosine, cosine);
      cosines_ += cosine;
      ++counted_;
    }
    if (squares == 0) return;
    ++tie_.differing_rows;
    tie_.moved.push_back({row, std::sqrt(squares), cosine});
  }

  DecoderTie& tie_;
  std::size_t columns_;
  henson::Tensor table_;
  henson::Tensor decoder_;
  double cosines_ = 0;
  std::int64_t counted_ = 0;
};

bool equal_bytes(const henson::Tensor& a, const henson::Tensor& b) {
  const auto x = a.bytes();
  const auto y = b.bytes();
  return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size()) == 0);
}

void measure(DecoderTie& tie, const henson::Tensor& table, const henson::Tensor& decoder) {
  const bool same_places = !tie.transposed && table.dtype() == decoder.dtype();
  if (same_places && equal_bytes(table, decoder)) return;
  if (table.dtype() == DType::kFloat64 || decoder.dtype() == DType::kFloat64) {
    RowComparison<double>(tie, table, decoder).run();
  } else {
    RowComparison<float>(tie, table, decoder).run();
  }
}

std::optional<DecoderTie> compare(const WeightInfo& table, const WeightInfo& decoder) {
  const std::vector<std::int64_t> turned{table.shape[1], table.shape[0]};
  if (decoder.shape != table.shape && decoder.shape != turned) return std::nullopt;
  DecoderTie tie;
  tie.embedding = table.name;
  tie.decoder = decoder.name;
  tie.transposed = decoder.shape != table.shape;
  tie.vocabulary = table.shape[0];
  tie.bytes = table.bytes;
  if (same_elements(table, decoder)) return tie;
  if (!table.read || !decoder.read || table.bytes == 0) return std::nullopt;
  measure(tie, table.read(), decoder.read());
  if (tie.differing_rows > 0) {
    tie.state = TieState::kDiverged;
  } else if (table.storage != decoder.storage || table.storage.empty()) {
    tie.state = TieState::kEqual;
  }
  return tie;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string describe(const DecoderTie& tie) {
  switch (tie.state) {
    case TieState::kTied:
      return "tied: one tensor";
    case TieState::kEqual:
      return "untied and equal: two tensors with the same elements";
    case TieState::kDiverged:
      break;
  }
  return "untied and diverged: " + std::to_string(tie.differing_rows) + " of " +
         std::to_string(tie.vocabulary) + " rows differ, by " + number(tie.largest_difference) +
         " at most (row " + std::to_string(tie.row) + ", column " + std::to_string(tie.column) +
         "); cosine by row " + number(tie.mean_cosine) + " on average, " +
         number(tie.smallest_cosine) + " at least";
}

/// Tensors over the very same elements.
using Elements =
    std::tuple<std::string, std::int64_t, std::vector<std::int64_t>, std::vector<std::int64_t>>;

Elements elements_of(const WeightInfo& weight) {
  return {weight.storage, weight.offset, weight.shape, weight.strides};
}

/// Tensors of one dtype and shape in storages of their own that may have the same bytes.
using Alike = std::tuple<DType, std::vector<std::int64_t>, std::vector<std::int64_t>, std::int64_t,
                         std::uint64_t, std::uint32_t>;

void add_equal(std::span<const WeightInfo> weights, const std::vector<std::size_t>& alike,
               std::vector<SharedGroup>& groups) {
  std::vector<std::size_t> left = alike;
  while (left.size() > 1) {
    const henson::Tensor first = weights[left[0]].read();
    SharedGroup group;
    std::vector<std::size_t> others;
    for (const std::size_t place : left) {
      const bool same = place == left[0] || equal_bytes(first, weights[place].read());
      if (same) {
        group.names.push_back(weights[place].name);
      } else {
        others.push_back(place);
      }
    }
    if (group.names.size() > 1) {
      group.bytes = weights[left[0]].bytes;
      group.saved = group.bytes * (group.names.size() - 1);
      groups.push_back(std::move(group));
    }
    left = std::move(others);
  }
}

}  // namespace

std::vector<DecoderTie> find_decoder_ties(std::span<const WeightInfo> weights) {
  const std::int64_t vocabulary = vocabulary_of(weights);
  std::vector<DecoderTie> ties;
  for (std::size_t d = 0; d < weights.size(); ++d) {
    const WeightInfo& decoder = weights[d];
    if (!decoder.is_linear_weight || !is_matrix(decoder)) continue;
    // Of several names for one tensor, the first is the table's and the last the decoder's.
    if (has_alias(weights.subspan(d + 1), decoder)) continue;
    std::optional<DecoderTie> best;  // a model may have several tables of words: the closest counts
    for (const WeightInfo& table : weights) {
      if (!table.is_embedding_table || !is_matrix(table) || table.shape[0] != vocabulary) continue;
      std::optional<DecoderTie> tie = compare(table, decoder);
      if (!tie) continue;
      if (!best || tie->state < best->state || tie->differing_rows < best->differing_rows) {
        best = std::move(tie);
      }
    }
    if (!best) continue;
    best->text = describe(*best);
    ties.push_back(std::move(*best));
  }
  return ties;
}

std::vector<SharedGroup> find_shared(std::span<const WeightInfo> weights,
                                     const std::map<std::string, StorageFacts>& storages) {
  std::map<Elements, std::vector<std::size_t>> tied;
  std::map<Alike, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const WeightInfo& weight = weights[i];
    if (weight.storage.empty() || weight.bytes == 0) continue;
    std::vector<std::size_t>& same = tied[elements_of(weight)];
    same.push_back(i);
    const auto storage = storages.find(weight.storage);
    if (same.size() > 1 || !weight.read || storage == storages.end()) continue;
    // Others have only a part of the bytes that the checksum is of.
    if (weight.offset != 0 || weight.bytes != storage->second.bytes) continue;
    alike[{weight.dtype, weight.shape, weight.strides, weight.offset, storage->second.bytes,
           storage->second.checksum}]
        .push_back(i);
  }
  std::vector<SharedGroup> groups;
  for (const auto& [elements, members] : tied) {
    if (members.size() < 2) continue;
    SharedGroup group;
    group.tied = true;
    group.bytes = weights[members[0]].bytes;
    group.saved = group.bytes * (members.size() - 1);
    for (const std::size_t place : members) group.names.push_back(weights[place].name);
    groups.push_back(std::move(group));
  }
  for (const auto& [key, members] : alike) add_equal(weights, members, groups);
  std::stable_sort(groups.begin(), groups.end(),
                   [](const SharedGroup& a, const SharedGroup& b) { return a.saved > b.saved; });
  return groups;
}

}  // namespace henson::runtime
