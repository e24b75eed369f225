// A set of byte strings that finds all of those at the start of a text, built once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace henson::tokenizer {

/// Strings with values of 0 and more, in a double array: a step is one look into memory, and the
/// first steps share their cache lines.
class PrefixTrie {
 public:
  using Entry = std::pair<std::string_view, std::int32_t>;

  PrefixTrie() = default;
  /// The strings are distinct and not empty.
  explicit PrefixTrie(std::vector<Entry> entries);

  /// Calls visit(length, value) for each string that `text` starts with, the shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, const Visit& visit) const {
    const Unit* const units = units_.data();
    std::uint32_t node = 0;
    std::uint32_t base = units[0].base;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::uint32_t next = base + static_cast<unsigned char>(text[i]);
      const Unit unit = units[next];
      if (unit.parent != node) return;
      node = next;
      base = unit.base;
      if (unit.value >= 0) visit(i + 1, unit.value);
    }
  }

  /// The value of a string; -1 when there is none.
  std::int32_t find(std::string_view key) const noexcept;

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  /// Children of the node at i are at base + byte, and have i as their parent.
  struct Unit {
    std::uint32_t base = 0;
    std::uint32_t parent = kFree;
    std::int32_t value = -1;
  };

  class Builder;

  std::vector<Unit> units_ = std::vector<Unit>(257);  // 256 at the end are free
};

}  // namespace henson::tokenizer
