// The first half of attention as archives write it: from the input of a softmax back to the product
// of queries and keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/fusion/layout.h"

namespace henson::runtime {

/// What is added to the scores: value times factor.
struct ScoreTerm {
  ValueId value = 0;
  double factor = 1;
  std::size_t step = 0;  // of Scores::path, that adds it
};

/// Where `mask` is true (`keeps`: false) the score becomes `value`.
struct ScoreFill {
  ValueId mask = 0;
  bool keeps = false;
  double value = 0;
  std::size_t step = 0;
};

/// softmax(fill(scale * query · keyᵀ + terms)).
struct Scores {
  Layout query;  // dims: batch…, Lq, D
  Layout key;    // dims: batch…, Lk, D
  double scale = 1;
  std::vector<ScoreTerm> terms;
  std::optional<ScoreFill> fill;
  std::vector<ValueId> path;  // from the softmax's input back to the product
};

/// "bqhd,bkhd->bhqk" without blanks; two operands.
struct Contraction {
  std::string a, b, out;
};
std::optional<Contraction> contraction_of(const GraphEditor& editor, const Node& einsum);
/// The dimensions that `from` labels, in the order of `to`. Nothing when a label is missing.
std::optional<AxisDims> reordered(const AxisDims& dims, const std::string& from,
                                  const std::string& to);

class ScoreMatcher {
 public:
  ScoreMatcher(const GraphEditor& editor, const ProvenShapes& sizes)
      : editor_(editor), sizes_(sizes), tracer_(editor, sizes) {}

  /// Nothing when the value is not made so, or something else reads what is in between.
  std::optional<Scores> match(ValueId softmax_input, NodeId softmax) const;
  /// A number that the graph computes from constants and known sizes.
  std::optional<double> number(ValueId value) const;

 private:
  bool descend(ValueId value, NodeId reader, Scores& scores) const;
  bool follow(const Node& node, NodeId id, Scores& scores) const;
  bool cast(const Node& node, NodeId id, Scores& scores) const;
  bool scaled(const Node& node, NodeId id, Scores& scores) const;
  bool added(const Node& node, NodeId id, Scores& scores) const;
  bool filled(const Node& node, NodeId id, Scores& scores, std::size_t scored, ValueId mask,
              ValueId fill, bool keeps) const;
  bool product(const Node& node, Scores& scores) const;
  bool operands(ValueId query, ValueId key, Scores& scores) const;
  bool einsum(const Node& node, Scores& scores) const;
  bool read_only_by(ValueId value, NodeId reader) const;
  ValueId unexpanded(ValueId mask, ValueId scores) const;
  std::optional<double> computed(const Node& node) const;

  const GraphEditor& editor_;
  const ProvenShapes& sizes_;
  LayoutTracer tracer_;
};

}  // namespace henson::runtime
