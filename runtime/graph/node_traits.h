// What the rule of a node's operator says of the node.
#pragma once

#include "runtime/graph/graph.h"

namespace henson::runtime {

inline bool is_operator(const Node& node) { return node.kind == NodeKind::kOperator; }

inline bool has_sizes_of(const Node& node, ShapeRule rule) {
  return is_operator(node) && node.op->rule.shape == rule;
}

/// The result has elements of the first argument, moved or cast, and nothing else.
inline bool keeps_elements(const Node& node) {
  return has_any(node, Trait::kMoves | Trait::kCasts);
}

/// Likewise, all of them in their places.
inline bool keeps_places(const Node& node) {
  return keeps_elements(node) && has_sizes_of(node, shapes::same_elements);
}

/// The result is the first argument again: a copy, an alias, dropout.
inline bool repeats_first(const Node& node) {
  return has_sizes_of(node, shapes::same_elements) && has_any(node, Trait::kMoves);
}

/// The result has the elements of the first argument in their order, under other sizes.
inline bool regroups(const Node& node) {
  if (!has_any(node, Trait::kMoves)) return false;
  const ShapeRule rule = node.op->rule.shape;
  return rule == shapes::view || rule == shapes::as_other || rule == shapes::flattened ||
         rule == shapes::unflattened;
}

inline bool expands(const Node& node) {
  return has_sizes_of(node, shapes::expanded) || has_sizes_of(node, shapes::expanded_as);
}

}  // namespace henson::runtime
