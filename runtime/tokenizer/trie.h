// A set of byte strings that finds the longest one at the start of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

/// Strings with values of 0 and more. Edges lie in one hash table: a step is one look into memory,
/// and building takes linear time whatever the strings.
class Trie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr std::size_t kMaxNodes = 1U << 24;

  struct Match {
    std::size_t length = 0;
    std::int32_t value = -1;  // -1: there is none
  };

  /// Throws kUnsupported beyond kMaxNodes. A string that is there gets the new value.
  void add(std::string_view key, std::int32_t value);
  /// The node that `key` leads to.
  std::optional<Node> find(std::string_view key) const noexcept;
  /// The longest string that starts at `node` and ends within `text`.
  Match longest(Node node, std::string_view text) const noexcept;

 private:
  struct Edge {
    std::uint32_t key = 0;  // node and byte
    Node child = 0;         // 0: the slot is free
  };

  static std::uint32_t key_of(Node node, char byte) noexcept {
    return node << 8 | static_cast<unsigned char>(byte);
  }
  /// The slot of a key, or the free one where it belongs.
  std::size_t slot(std::uint32_t key) const noexcept {
    std::size_t at = static_cast<std::uint32_t>(key * 0x9E3779B1U) >> shift_;
    while (edges_[at].child != 0 && edges_[at].key != key) at = (at + 1) & (edges_.size() - 1);
    return at;
  }
  Node child(Node node, char byte) const noexcept { return edges_[slot(key_of(node, byte))].child; }
  void grow();

  unsigned shift_ = 22;                            // 32 - log2(edges_.size())
  std::vector<Edge> edges_{std::size_t{1} << 10};  // a power of two, at most a third in use
  std::vector<std::int32_t> values_{-1};           // of each node
};

}  // namespace henson::tokenizer
