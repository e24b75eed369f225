#include "tools/tensor_table.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tools/folding.h"

namespace henson::tools {
namespace {

using Rows = std::span<const TensorRow>;

/// What the last column says of a tensor.
class Remarks {
 public:
  explicit Remarks(Rows rows) {
    std::map<std::string, std::size_t> distinct;  // sets of elements in a storage
    for (const TensorRow& row : rows) {
      order_.emplace(row.weight->name, order_.size());
      if (is_first(*row.weight)) ++distinct[row.weight->storage];
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

class TensorTable {
 public:
  TensorTable(Rows rows, bool fold)
      : rows_(rows),
        fold_(fold),
        remarks_(rows),
        has_roles_(std::any_of(rows.begin(), rows.end(),
                               [](const TensorRow& row) { return !row.role.empty(); })),
        table_(columns(), "  ") {
    for (const TensorRow& row : rows) names_.push_back(row.name);
  }

  Table made() {
    const auto alike = [&](std::size_t a, std::size_t b) {
      return cells(rows_[a], "", kind_of(rows_[a].role)) ==
             cells(rows_[b], "", kind_of(rows_[b].role));
    };
    std::size_t skip = 0;  // rows that are told already
    for (const Fold& fold : fold_layers(names_, alike)) {
      if (fold.first < skip) continue;
      const std::size_t numbers = fold_ ? count_numbers(fold.first) : 0;
      if (numbers > 1) {
        add_numbers(rows_.subspan(fold.first, numbers));
        skip = fold.first + numbers;
      } else if (fold_ && fold.count > 1) {
        add_layers(fold);
      } else {
        for (const TensorRow& row : rows_.subspan(fold.first, fold.size * fold.count)) {
          table_.add(cells(row, row.name, row.role));
        }
      }
    }
    return std::move(table_);
  }

 private:
  std::vector<Table::Align> columns() const {
    using enum Table::Align;
    if (has_roles_) return {kLeft, kLeft, kLeft, kLeft, kRight, kLeft};
    return {kLeft, kLeft, kLeft, kRight, kLeft};
  }

  std::vector<std::string> cells(const TensorRow& row, std::string_view name,
                                 const std::string& role) const {
    const WeightInfo& weight = *row.weight;
    std::vector<std::string> cells{printable(name)};
    if (has_roles_) cells.push_back(printable(role));
    cells.insert(cells.end(), {std::string(name_of(weight.dtype)), format_shape(weight.shape),
                               format_bytes(weight.bytes), remarks_.of(weight)});
    return cells;
  }

  void add_layers(const Fold& fold) {
    const Rows rows = rows_.subspan(fold.first, fold.size * fold.count);
    const NumberedName first = *split_number(rows.front().name);
    const NumberedName last = *split_number(rows.back().name);
    table_.add_line(printable(first.prefix) + std::to_string(first.number) + " … " +
                    std::to_string(last.number) + ": " + plural(fold.count, "layer") + " alike, " +
                    format_bytes(totals_of(rows).bytes) + " in all; each:");
    for (const TensorRow& row : rows.first(fold.size)) {
      table_.add(cells(row, "  " + std::string(split_number(row.name)->suffix), kind_of(row.role)));
    }
  }

  /// How many numbers of the code follow each other from there on: constants without dimensions,
  /// of one dtype.
  std::size_t count_numbers(std::size_t first) const {
    const auto is_number = [&](const TensorRow& row) {
      return row.name.starts_with("CONSTANTS.") && row.weight->shape.empty() &&
             row.weight->dtype == rows_[first].weight->dtype;
    };
    const auto start = rows_.begin() + static_cast<std::ptrdiff_t>(first);
    return static_cast<std::size_t>(std::find_if_not(start, rows_.end(), is_number) - start);
  }

  void add_numbers(Rows numbers) {
    const std::string& last = numbers.back().name;
    std::vector<std::string> cells{numbers.front().name + " … " + last.substr(last.find('.') + 1)};
    if (has_roles_) cells.emplace_back();
    cells.insert(cells.end(),
                 {std::string(name_of(numbers.front().weight->dtype)),
                  plural(numbers.size(), "number"), format_bytes(totals_of(numbers).bytes)});
    table_.add(std::move(cells));
  }

  Rows rows_;
  bool fold_;
  Remarks remarks_;
  bool has_roles_;
  std::vector<std::string> names_;
  Table table_;
};

}  // namespace

TensorTotals totals_of(Rows rows) {
  TensorTotals totals;
  const Remarks remarks(rows);
  for (const TensorRow& row : rows) {
    ++totals.tensors;
    if (!remarks.is_first(*row.weight)) continue;
    totals.bytes += row.weight->bytes;
    totals.elements += row.weight->bytes / size_of(row.weight->dtype);
  }
  return totals;
}

TensorTotals totals_of(std::span<const WeightInfo> weights) { return totals_of(rows_of(weights)); }

bool has_odd_strides(const WeightInfo& weight) {
  std::int64_t dense = 1;
  for (std::size_t d = weight.shape.size(); d-- > 0;) {
    if (weight.shape[d] == 0) return false;
    if (weight.shape[d] != 1 && weight.strides[d] != dense) return true;
    dense *= weight.shape[d];
  }
  return false;
}

Table tensor_table(Rows rows, bool fold) { return TensorTable(rows, fold).made(); }

Table tensor_table(std::span<const WeightInfo> weights, bool fold) {
  return tensor_table(rows_of(weights), fold);
}

}  // namespace henson::tools
