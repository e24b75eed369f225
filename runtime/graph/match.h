// What the passes find in a graph, and how they put new nodes in the place of old ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// A node under edit: stays the same while others come and go.
using NodeId = std::size_t;

/// An argument that is a number of the code, and the other one.
struct NumberAndOther {
  double number = 0;
  ValueId other = 0;
};

/// A graph while a pass works on it. The graph must outlive it and is not to be used until
/// finish(), but for its values. Nodes whose results nothing reads any more go away by themselves.
class GraphEditor {
 public:
  explicit GraphEditor(Graph& graph);
  /// Puts the nodes back.
  void finish();

  Graph& graph() noexcept { return graph_; }
  const Graph& graph() const noexcept { return graph_; }
  const GraphValue& value(ValueId id) const { return graph_.values[id]; }
  /// All nodes in order, as they are now.
  std::vector<NodeId> nodes() const { return order_; }
  bool alive(NodeId node) const { return slots_[node].alive; }
  const Node& node(NodeId node) const { return slots_[node].node; }
  /// Whether a node stands before another one.
  bool before(NodeId a, NodeId b) const;

  // What is known of a value.
  std::optional<NodeId> producer(ValueId id) const;
  /// The nodes that read it, each once for each time; the output's reading is is_output().
  const std::vector<NodeId>& readers(ValueId id) const { return uses_[id].readers; }
  bool is_output(ValueId id) const { return uses_[id].output; }
  /// Whether one argument of one node is all that reads it.
  bool single_reader(ValueId id) const { return !is_output(id) && readers(id).size() == 1; }
  /// Whether no write may ever reach its elements, through any alias. Only such values may be read
  /// earlier or later than the code does, or not be computed at all.
  bool stable(ValueId id) const { return id >= written_.size() || !written_[id]; }
  /// All inputs and results are stable: the node may be moved, or merged with an equal one. (No
  /// operator of the table is random.)
  bool pure(NodeId node) const;

  // Patterns.
  /// The node that makes the value, when it is a call of the operator ("aten::add") and pure.
  const Node* call_of(ValueId id, std::string_view name) const;
  const Node* call_of(ValueId id, std::initializer_list<std::string_view> names) const;
  bool is_none(ValueId id) const;
  /// A constant number, or a constant tensor of no dimensions.
  std::optional<double> number(ValueId id) const;
  std::optional<std::int64_t> integer(ValueId id) const;                // an int or a bool
  std::optional<std::vector<std::int64_t>> integers(ValueId id) const;  // a list of ints
  std::optional<std::string> text(ValueId id) const;
  /// The items of a list that is made by a node; nothing for others.
  std::optional<std::vector<ValueId>> items(ValueId id) const;
  /// A constant tensor.
  const Tensor* weight(ValueId id) const;
  bool is_tensor(ValueId id) const { return value(id).type.kind == TypeKind::kTensor; }
  /// Of a call with two operands, one a number, in any order.
  std::optional<NumberAndOther> number_operand(const Node& node) const;
  /// Whether an argument of the node's schema has a value (or is absent, with `otherwise`).
  std::optional<double> argument_number(const Node& node, std::string_view name) const;
  /// Whether a call adds, with alpha = 1, two tensors: aten::add.
  const Node* plain_add(ValueId id) const;

  // Changes.
  ValueId add_constant(Value value);
  /// A call of an overload of the table, arguments in its order, without results yet. `overload`:
  /// "Tensor", or empty.
  Node call(std::string_view name, std::string_view overload, std::vector<ValueId> inputs,
            const script::SourceLine& where);
  /// Puts a node before another one and gives it results of these types.
  std::vector<ValueId> insert_before(NodeId place, Node node, const std::vector<Type>& results);
  /// A list of these items, before another node.
  ValueId insert_list(NodeId place, std::vector<ValueId> items, Type element);
  /// `node` takes the place, the name and the readers of the value's producer. Its inputs must
  /// stand before that producer. What only the old node read goes away.
  void replace(ValueId result, Node node);
  /// The same for a node of several results.
  void replace(NodeId old, Node node, std::vector<ValueId> results);
  /// One node for several: `node` takes the first one's place, and results[i] takes the readers of
  /// whatever old node made it. The inputs must stand before the first.
  void replace_all(const std::vector<NodeId>& old, Node node, std::vector<ValueId> results);
  /// A node's results are known: they become constants.
  void make_constant(NodeId node, std::vector<Value> results);
  /// All readers of `old`, the output included, read `by`, which must stand before them.
  void redirect(ValueId old, ValueId by);

 private:
  struct Slot {
    Node node;
    bool alive = true;
  };
  struct Uses {
    std::optional<NodeId> producer;
    std::vector<NodeId> readers;
    bool output = false;
  };

  Uses& uses(ValueId id);
  void read(NodeId node);
  void forget(NodeId node);
  void drop_if_dead(ValueId id);
  void redirect_output(OutputShape& output, ValueId old, ValueId by);
  std::size_t place_of(NodeId node) const;

  Graph& graph_;
  std::deque<Slot> slots_;  // references to nodes stay valid while others are added
  std::vector<NodeId> order_;
  mutable std::vector<std::size_t> places_;  // of each slot in order_; empty when out of date
  std::vector<Uses> uses_;
  std::vector<bool> written_;
};

}  // namespace henson::runtime
