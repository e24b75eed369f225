// Bounds on what is known of lists within lists: code that nests or joins a list with itself would
// double it at each line.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/operators/inference.h"

namespace henson::runtime {

/// A list of more items, those of its items counted, is not followed.
inline constexpr std::size_t kMostItems = 1 << 14;

/// How many facts a fact holds, itself among them.
std::size_t count_of(const Fact& fact);

/// Collects the items of a list, as long as they are few enough.
class ItemCollector {
 public:
  void add(const Fact& item);
  /// Nothing when there were too many.
  std::optional<std::vector<Fact>> take() { return std::move(items_); }

 private:
  std::optional<std::vector<Fact>> items_ = std::vector<Fact>();
  std::size_t count_ = 0;
};

}  // namespace henson::runtime
