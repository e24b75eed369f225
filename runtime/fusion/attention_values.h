// The operands of attention with their heads split off, and what becomes of its result.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/fusion/layout.h"

namespace henson::runtime {

/// Queries, keys or values: the axes of a tensor that are [batch, head, rows, width].
struct AttentionOperand {
  Layout layout;
  AxisList batch_axes, head_axes, row_axes, width_axes;
  std::int64_t heads = 0;
  Dimension batch, rows, width;
};

/// The product of weights and values: which axis is which.
struct AttentionOutput {
  ValueId value = 0;
  Layout layout;
  Axis batch = 0, head = 1, rows = 2, width = 3;
};

/// From the softmax on to the product with the values.
struct Weighing {
  Layout value;  // dims: batch…, Lk, D
  AttentionOutput output;
  std::vector<ValueId> kept_weights;  // that something else reads too, in order
  std::vector<NodeId> nodes;          // between the softmax and the product, and that one
};

/// Where the result of a fused node goes.
struct AttentionEnd {
  enum class Form {
    kHeads,          // [B, heads, Lq, D]
    kMerged,         // [B, Lq, heads * D]
    kRows,           // [B * Lq, heads * D]
    kTimeFirst,      // [Lq, B, heads * D]
    kTimeFirstRows,  // [Lq * B, heads * D]
  };
  ValueId value = 0;
  Form form = Form::kHeads;
  bool as_query = false;  // it has the query's sequences and rows, whatever the mask's
};

class AttentionValues {
 public:
  AttentionValues(GraphEditor& editor, const ProvenShapes& sizes)
      : editor_(editor), sizes_(sizes), tracer_(editor, sizes) {}

  /// Nothing when the heads cannot be told.
  std::optional<AttentionOperand> operand(const Layout& layout) const;
  std::optional<AttentionOperand> operand(ValueId value) const;
  /// The axes of query · keyᵀ.
  std::optional<Layout> scores(ValueId product, const AttentionOperand& query) const;
  /// Carries the layout over the node that makes `value`, a rearrangement or one that works on each
  /// element.
  bool step(ValueId value, Layout& layout) const;
  std::optional<Weighing> weighing(ValueId softmax, Layout scores) const;
  /// Of scaled_dot_product_attention.
  std::optional<AttentionOutput> output(ValueId value) const;
  /// As far as nothing else reads what is in between.
  std::optional<AttentionEnd> end_of(const AttentionOutput& output,
                                     const AttentionOperand& query) const;

  /// The operand as the fused operator takes it, with nodes before `place` where it needs some.
  ValueId emit(const AttentionOperand& operand, NodeId place) const;
  /// [Lq, Lk]: true where the key comes after the query.
  ValueId emit_future(ValueId query, ValueId key, NodeId place) const;
  /// The fused node takes the place of what made the end's value. Returns the value of the weights,
  /// if the node gives them.
  std::optional<ValueId> put(const AttentionEnd& end, Node fused,
                             const std::optional<Type>& weights) const;

 private:
  std::optional<NodeId> next_of_weights(ValueId weights) const;
  bool keep_for_others(ValueId weights, NodeId next, const Layout& layout, Weighing& result) const;
  bool contract(const Node& node, ValueId weights, const Layout& layout, Weighing& result) const;
  std::optional<AttentionEnd::Form> form_of(const AttentionOutput& output) const;
  bool leads_only_to(NodeId node, NodeId target, int depth) const;
  std::optional<NodeId> next_view(ValueId value) const;
  bool merges_as_query(const Node& view, const AttentionOutput& output,
                       const AttentionOperand& query) const;
  bool is_emittable(const AttentionOperand& operand) const;
  ValueId size_node(ValueId value, std::size_t dim, NodeId place) const;
  ValueId tensor_node(NodeId place, const char* name, const char* overload,
                      std::vector<ValueId> inputs, std::optional<DType> dtype) const;

  GraphEditor& editor_;
  const ProvenShapes& sizes_;
  LayoutTracer tracer_;
};

}  // namespace henson::runtime
