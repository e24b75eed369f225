// Which axes of one tensor the dimensions of another hold, through views and permutations:
// view(x, [B, L, 4, 16]).permute(0, 2, 1, 3) of x [B, L, (h d)] is [B, h, L, d].
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/analysis/proven_shapes.h"
#include "runtime/graph/match.h"

namespace henson::runtime {

using Axis = std::size_t;                // a place in Layout::sizes
using AxisList = std::vector<Axis>;      // of one dimension, slowest first
using AxisDims = std::vector<AxisList>;  // of a tensor

/// A tensor as a rearrangement of another, times a number.
struct Layout {
  ValueId base = 0;
  AxisDims base_dims;
  AxisDims dims;
  std::vector<Dimension> sizes;
  double scale = 1;

  /// Puts the axes anew into dimensions of these sizes, as a view does; splits axes where one
  /// dimension becomes several. False when the sizes do not divide.
  bool regroup(const ProvenShapes::Dimensions& to);
  Dimension size_of(const AxisList& axes) const;

 private:
  void split(Axis axis, const Dimension& outer, const Dimension& inner);
};

class LayoutTracer {
 public:
  LayoutTracer(const GraphEditor& editor, const ProvenShapes& sizes)
      : editor_(editor), sizes_(sizes) {}

  /// As far back as the axes can be followed. Nothing when the value's own sizes are not known.
  std::optional<Layout> trace(ValueId value) const;
  /// The value as itself: one axis for each dimension.
  std::optional<Layout> itself(ValueId value) const;
  /// What the node makes of its first argument. False when it is no rearrangement of it.
  bool apply(const Node& node, Layout& layout) const;

 private:
  bool permute(const Node& node, Layout& layout) const;
  bool transpose(const Node& node, Layout& layout) const;

  const GraphEditor& editor_;
  const ProvenShapes& sizes_;
};

}  // namespace henson::runtime
