// Order: sorting, the largest k, distinct elements, places in sorted sequences, counts.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "runtime/operators/reduction.h"

namespace henson::runtime {

/// Whether x comes before y in ascending order; NaN counts as the largest.
template <typename T>
bool ascends(T x, T y) {
  return x < y || (y != y && x == x);
}

/// The positions of a row in order; equal elements keep theirs.
template <typename T>
std::vector<std::size_t> sorted_positions(std::span<const T> row, bool descending) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [row, descending](std::size_t a, std::size_t b) {
    return descending ? ascends(row[b], row[a]) : ascends(row[a], row[b]);
  });
  return order;
}

void register_unique(OperatorTable& table);
void register_searching(OperatorTable& table);
void register_counting(OperatorTable& table);

}  // namespace henson::runtime
