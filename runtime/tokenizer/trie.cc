#include "runtime/tokenizer/trie.h"

#include <utility>

#include "henson/error.h"

namespace henson::tokenizer {

void Trie::add(std::string_view key, std::int32_t value) {
  Node node = kRoot;
  for (const char byte : key) {
    const std::size_t at = slot(key_of(node, byte));
    if (edges_[at].child != 0) {
      node = edges_[at].child;
      continue;
    }
    if (values_.size() >= kMaxNodes) {
      throw Error(ErrorCode::kUnsupported, "the vocabulary is too large");
    }
    const Node added = static_cast<Node>(values_.size());
    edges_[at] = {key_of(node, byte), added};
    values_.push_back(-1);
    node = added;
    if (values_.size() * 3 > edges_.size()) grow();
  }
  values_[node] = value;
}

void Trie::grow() {
  std::vector<Edge> old(edges_.size() * 2);
  std::swap(old, edges_);
  --shift_;
  for (const Edge& edge : old) {
    if (edge.child != 0) edges_[slot(edge.key)] = edge;
  }
}

std::optional<Trie::Node> Trie::find(std::string_view key) const noexcept {
  Node node = kRoot;
  for (const char byte : key) {
    node = child(node, byte);
    if (node == 0) return std::nullopt;
  }
  return node;
}

Trie::Match Trie::longest(Node node, std::string_view text) const noexcept {
  Match match;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node == 0) break;
    if (values_[node] >= 0) match = {i + 1, values_[node]};
  }
  return match;
}

}  // namespace henson::tokenizer
