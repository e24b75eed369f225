#include "runtime/tokenizer/prefix_trie.h"

#include <algorithm>
#include <bitset>

#include "henson/error.h"

namespace henson::tokenizer {
namespace {

constexpr std::size_t kBytes = 256;
constexpr std::size_t kMaxUnits = std::size_t{1} << 27;

}  // namespace

/// Places nodes breadth first; a node's children are the runs of its entries with one next byte.
class PrefixTrie::Builder {
 public:
  Builder(std::vector<Entry> entries, std::vector<Unit>& units)
      : entries_(std::move(entries)), units_(units) {
    std::sort(entries_.begin(), entries_.end());
  }

  void build() {
    units_.assign(1 + kBytes, {});
    units_[0].parent = 0;
    std::vector<Node> level = {{0, 0, entries_.size()}};
    for (std::size_t depth = 0; !level.empty(); ++depth) {
      std::vector<Node> next;
      for (const Node& node : level) place_children(node, depth, next);
      level = std::move(next);
    }
    units_[0].parent = kFree;  // nobody's child
  }

 private:
  struct Node {
    std::uint32_t unit = 0;
    std::size_t begin = 0;  // of its entries
    std::size_t end = 0;
  };

  void place_children(const Node& node, std::size_t depth, std::vector<Node>& next) {
    std::size_t begin = node.begin;
    if (begin < node.end && entries_[begin].first.size() == depth) {
      units_[node.unit].value = entries_[begin++].second;
    }
    children_.clear();
    while (begin < node.end) {
      const char byte = entries_[begin].first[depth];
      std::size_t end = begin + 1;
      while (end < node.end && entries_[end].first[depth] == byte) ++end;
      children_.push_back({static_cast<unsigned char>(byte), begin, end});
      begin = end;
    }
    if (children_.empty()) return;
    const std::uint32_t base = find_base();
    units_[node.unit].base = base;
    for (const Node& child : children_) {
      const std::uint32_t unit = base + child.unit;
      units_[unit].parent = node.unit;
      next.push_back({unit, child.begin, child.end});
    }
  }

  /// The first place with room for all children, looked for among the last units alone once those
  /// before are nearly full.
  std::uint32_t find_base() {
    while (units_[first_free_].parent != kFree) grow_past(++first_free_);
    std::size_t tries = 0;
    for (std::size_t at = std::max<std::size_t>(first_free_, children_.front().unit + 1);; ++at) {
      grow_past(at + kBytes);
      if (units_[at].parent != kFree) continue;
      const std::size_t base = at - children_.front().unit;
      if (fits(base)) return static_cast<std::uint32_t>(base);
      if (++tries % kPatience == 0) {  // what lies before is crowded
        first_free_ = std::max(first_free_, at - kPatience / 2);
      }
    }
  }

  bool fits(std::size_t base) const {
    return std::all_of(children_.begin(), children_.end(), [&](const Node& child) {
      return units_[base + child.unit].parent == kFree;
    });
  }

  void grow_past(std::size_t unit) {
    if (unit < units_.size()) return;
    if (unit >= kMaxUnits) throw Error(ErrorCode::kUnsupported, "the vocabulary is too large");
    units_.resize(unit + unit / 2 + 1 + kBytes);
  }

  static constexpr std::size_t kPatience = 64;

  std::vector<Entry> entries_;
  std::vector<Unit>& units_;
  std::vector<Node> children_;  // of the node at hand; `unit` is the byte
  std::size_t first_free_ = 1;  // no unit before it is taken from now on
};

PrefixTrie::PrefixTrie(std::vector<Entry> entries) {
  Builder(std::move(entries), units_).build();
  std::size_t used = units_.size();
  while (used > 1 && units_[used - 1].parent == kFree) --used;
  units_.resize(used + kBytes);
  units_.shrink_to_fit();
}

std::int32_t PrefixTrie::find(std::string_view key) const noexcept {
  std::uint32_t node = 0;
  for (const char byte : key) {
    const std::uint32_t next = units_[node].base + static_cast<unsigned char>(byte);
    if (units_[next].parent != node) return -1;
    node = next;
  }
  return key.empty() ? -1 : units_[node].value;
}

}  // namespace henson::tokenizer
