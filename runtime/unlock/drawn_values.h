// What the code draws from the inputs' sizes alone, without reading an element: places (arange),
// distances between them, and buckets of distances that pick rows of a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/analysis/data_flow.h"
#include "runtime/graph/graph.h"
#include "runtime/operators/inference.h"

namespace henson::runtime {

/// A scheme of buckets, as its values at all distances tell it: the first `exact` distances have a
/// bucket each, then buckets widen, and from `last` on all distances are in the same one.
struct BucketForm {
  std::int64_t exact = 0;
  std::int64_t last = 0;
  /// Where the code lets the last bucket end: the bounds of the distance that it computes with.
  double furthest_low = 0;
  double furthest_high = 0;
};

/// `right`, `left`: the rows taken at the distances 0, 1, 2, … and 0, -1, -2, …. Nothing unless
/// they are the buckets of a table of so many rows: each row is taken, none beyond, and half of a
/// side's rows are the exact ones.
std::optional<BucketForm> bucket_form(const std::vector<std::int64_t>& right,
                                      const std::vector<std::int64_t>& left, std::int64_t rows);

/// Distances that pick rows of a weight.
struct DistanceRows {
  std::size_t lookup = 0;           // the node
  std::vector<std::size_t> makers;  // the nodes between the distances and the rows
  std::optional<BucketForm> form;
};

class DrawnValues {
 public:
  /// `facts`: of each value. `baked` has what baked_values() finds. All must outlive it.
  DrawnValues(const Graph& graph, const Producers& producers,
              const std::vector<std::optional<Fact>>& facts,
              const std::vector<std::optional<Value>>& baked);

  /// Whether a value is computed from places alone, in one way or another.
  bool is_drawn(ValueId id) const { return drawn_[id]; }
  const std::vector<DistanceRows>& distance_rows() const { return distance_rows_; }

 private:
  /// A function of the distance: its values at all of them, and how its elements lie, so that only
  /// what lies alike is computed with.
  struct Profile {
    Tensor values;
    std::size_t layout = 0;
  };

  void find_drawn();
  void find_profiles();
  bool starts_distance(const Node& node) const;
  bool counts(ValueId id) const;
  void start(std::size_t node);
  void compute(std::size_t node);
  void pass_on(std::size_t node);
  std::optional<std::size_t> layout_of(const Node& node) const;
  std::optional<std::vector<Value>> arguments(const Node& node) const;
  void look_up(std::size_t node);
  std::vector<std::size_t> makers_of(ValueId id) const;

  const Graph& graph_;
  const Producers& producers_;
  const std::vector<std::optional<Fact>>& facts_;
  const std::vector<std::optional<Value>>& baked_;
  std::vector<bool> drawn_;
  std::vector<std::optional<Profile>> profiles_;
  std::size_t computed_ = 0;
  std::vector<DistanceRows> distance_rows_;
};

}  // namespace henson::runtime
