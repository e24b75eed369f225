#include "tools/tensor_table.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace henson::tools {
namespace {

using Weights = std::span<const WeightInfo>;

/// What the last column says of a tensor.
class Remarks {
 public:
  explicit Remarks(Weights weights) {
    std::map<std::string, std::size_t> distinct;  // sets of elements in a storage
    for (const WeightInfo& weight : weights) {
      order_.emplace(weight.name, order_.size());
      if (is_first(weight)) ++distinct[weight.storage];
    }
    for (const auto& [storage, count] : distinct) {
      if (count > 1 && !storage.empty()) shared_.insert(storage);
    }
  }

  /// Of tensors over the very same elements, the one listed first.
  bool is_first(const WeightInfo& weight) const {
    return std::none_of(weight.same_as.begin(), weight.same_as.end(),
                        [&](const std::string& other) {
                          const auto found = order_.find(other);
                          return found != order_.end() && found->second < order_.at(weight.name);
                        });
  }

  std::string of(const WeightInfo& weight) const {
    std::string text;
    const auto add = [&](const std::string& remark) {
      text += (text.empty() ? "" : ", ") + remark;
    };
    if (has_odd_strides(weight)) add("strides " + format_shape(weight.strides));
    if (!is_first(weight)) {
      add("same as " + printable(weight.same_as.front()));
    } else if (shared_.contains(weight.storage)) {
      add("part of " + printable(weight.storage));
    }
    return text;
  }

 private:
  std::map<std::string, std::size_t> order_;
  std::set<std::string> shared_;
};

/// "encoder.layer.3.output.weight" is {"encoder.layer.", 3, ".output.weight"}.
struct Numbered {
  std::string_view prefix;
  std::size_t number = 0;
  std::string_view suffix;
};

std::optional<Numbered> split(std::string_view name) {
  for (std::size_t start = 0; start < name.size();) {
    const std::size_t end = std::min(name.find('.', start), name.size());
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(name.data() + start, name.data() + end, number);
    if (start > 0 && end < name.size() && error == std::errc() && stop == name.data() + end) {
      return Numbered{name.substr(0, start), number, name.substr(end)};
    }
    start = end + 1;
  }
  return std::nullopt;
}

std::vector<std::string> cells(const WeightInfo& weight, std::string_view name,
                               const Remarks& remarks) {
  return {printable(name), std::string(name_of(weight.dtype)), format_shape(weight.shape),
          format_bytes(weight.bytes), remarks.of(weight)};
}

/// How many weights from the first on belong to the same layer.
std::size_t layer_size(Weights weights) {
  const std::optional<Numbered> first = split(weights.front().name);
  if (!first) return 0;
  std::size_t size = 0;
  for (; size < weights.size(); ++size) {
    const std::optional<Numbered> next = split(weights[size].name);
    if (!next || next->prefix != first->prefix || next->number != first->number) break;
  }
  return size;
}

bool alike(Weights a, Weights b, const Remarks& remarks) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [&](const WeightInfo& x, const WeightInfo& y) {
        return cells(x, split(x.name)->suffix, remarks) == cells(y, split(y.name)->suffix, remarks);
      });
}

/// How many layers follow each other from the first weight on that are alike.
std::size_t count_alike(Weights weights, std::size_t size, const Remarks& remarks) {
  const Weights first = weights.first(size);
  const std::string_view prefix = split(first.front().name)->prefix;
  std::size_t count = 1;
  for (Weights rest = weights.subspan(size); rest.size() >= size; rest = rest.subspan(size)) {
    if (layer_size(rest) != size || split(rest.front().name)->prefix != prefix) break;
    if (!alike(first, rest.first(size), remarks)) break;
    ++count;
  }
  return count;
}

void add_layers(Table& table, Weights weights, std::size_t size, std::size_t count,
                const Remarks& remarks) {
  const Numbered first = *split(weights.front().name);
  const Numbered last = *split(weights[(count - 1) * size].name);
  const TensorTotals totals = totals_of(weights.first(count * size));
  table.add_line(printable(first.prefix) + std::to_string(first.number) + " … " +
                 std::to_string(last.number) + ": " + plural(count, "layer") + " alike, " +
                 format_bytes(totals.bytes) + " in all; each:");
  for (const WeightInfo& weight : weights.first(size)) {
    table.add(cells(weight, "  " + std::string(split(weight.name)->suffix), remarks));
  }
}

/// How many numbers of the code follow each other from the first weight on: constants without
/// dimensions, of one dtype.
std::size_t count_numbers(Weights weights) {
  const auto is_number = [&](const WeightInfo& weight) {
    return weight.name.starts_with("CONSTANTS.") && weight.shape.empty() &&
           weight.dtype == weights.front().dtype;
  };
  const auto end = std::find_if_not(weights.begin(), weights.end(), is_number);
  return static_cast<std::size_t>(end - weights.begin());
}

void add_numbers(Table& table, Weights numbers) {
  table.add(
      {numbers.front().name + " … " + numbers.back().name.substr(numbers.back().name.find('.') + 1),
       std::string(name_of(numbers.front().dtype)), plural(numbers.size(), "number"),
       format_bytes(totals_of(numbers).bytes)});
}

}  // namespace

TensorTotals totals_of(Weights weights) {
  TensorTotals totals;
  const Remarks remarks(weights);
  for (const WeightInfo& weight : weights) {
    ++totals.tensors;
    if (!remarks.is_first(weight)) continue;
    totals.bytes += weight.bytes;
    totals.elements += weight.bytes / size_of(weight.dtype);
  }
  return totals;
}

bool has_odd_strides(const WeightInfo& weight) {
  std::int64_t dense = 1;
  for (std::size_t d = weight.shape.size(); d-- > 0;) {
    if (weight.shape[d] == 0) return false;
    if (weight.shape[d] != 1 && weight.strides[d] != dense) return true;
    dense *= weight.shape[d];
  }
  return false;
}

Table tensor_table(Weights weights, bool fold) {
  using enum Table::Align;
  Table table({kLeft, kLeft, kLeft, kRight, kLeft}, "  ");
  const Remarks remarks(weights);
  while (!weights.empty()) {
    const std::size_t size = fold ? layer_size(weights) : 0;
    const std::size_t count = size > 0 ? count_alike(weights, size, remarks) : 1;
    const std::size_t numbers = fold ? count_numbers(weights) : 0;
    if (numbers > 1) {
      add_numbers(table, weights.first(numbers));
      weights = weights.subspan(numbers);
    } else if (count > 1) {
      add_layers(table, weights, size, count, remarks);
      weights = weights.subspan(size * count);
    } else {
      const std::size_t rows = std::max<std::size_t>(size, 1);
      for (const WeightInfo& weight : weights.first(rows)) {
        table.add(cells(weight, weight.name, remarks));
      }
      weights = weights.subspan(rows);
    }
  }
  return table;
}

}  // namespace henson::tools
