// Follows the sizes of every tensor of a graph as formulas in the inputs' sizes, and finds which
// numbers of the code are sizes of the dummy input.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/tensor/dimension.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

using Dimensions = std::vector<Dimension>;

/// What is known of a value: the sizes of a tensor, the contents of an int or of a 0-dimensional
/// integer tensor, the items of a list.
struct AbstractValue {
  std::optional<Dimensions> dims;    // of a tensor
  std::optional<Dimension> content;  // of an int, or of an integer tensor of one element
  std::optional<std::vector<AbstractValue>> items;  // of a list
  std::optional<Dimension> summed_over;             // of a sum: how many elements went into each
  std::optional<Dimension> last = std::nullopt;     // of what counts up: its last element
};

/// Why a number of the code is looked at.
enum class SitePurpose { kView, kExpand, kCreate, kSliceOfInput, kSliceOfConstant };

/// A number of the code that stands where a size does.
struct SizeSite {
  std::size_t node = 0;
  std::size_t argument = 0;
  std::optional<std::size_t> item;  // of a list; nothing for a plain int
  std::int64_t value = 0;
  Dimension symbol;
  SitePurpose purpose = SitePurpose::kCreate;
  Dimension against;       // the size that it may stand for, when one is at hand
  std::int64_t start = 0;  // of a slice
};

/// A dimension of a constant tensor that can be made longer or shorter: it repeats, or it counts
/// up.
struct StretchSite {
  ValueId value = 0;
  std::size_t dim = 0;
  std::int64_t size = 0;
  bool counts = false;
  Dimension symbol;
};

constexpr std::int64_t kNoSize = -1;

/// A size that cannot be shown to be the dummy's, or that cannot be changed: the graph runs where
/// it holds; nowhere where it would have to be kNoSize.
struct ShapeLock {
  Dimension size;
  std::int64_t value = 0;
  bool at_most = false;  // size <= value will do
  std::size_t node = 0;
  std::string reason;
  bool limit = false;  // of the model itself: the reason names the table
};

/// A table that has so many rows, and what is asked of it: the model's own limit.
struct TableLimit {
  Dimension asked;
  std::int64_t rows = 0;
  std::size_t node = 0;
  std::string table;
};

/// A row taken by its number out of a dimension of the input's size.
struct RowSite {
  Dimension size;
  std::int64_t row = 0;
  std::size_t node = 0;
};

/// A node whose numbers may stem from any size of the dummy input.
struct HeldNode {
  std::size_t node = 0;
  std::string reason;
};

class ShapeAnalysis {
 public:
  struct InputShape {
    std::size_t rank = 2;
    std::optional<std::vector<std::int64_t>> traced;
  };

  /// `baked` has what baked_values() finds; graph and `baked` must outlive the analysis.
  ShapeAnalysis(const Graph& graph, const std::vector<InputShape>& inputs,
                const std::vector<std::optional<Value>>& baked);
  void run();

  const DimensionSolver& solver() const { return solver_; }
  const std::vector<SizeSite>& sites() const { return sites_; }
  const std::vector<StretchSite>& stretches() const { return stretches_; }
  const std::vector<ShapeLock>& locks() const { return locks_; }
  /// Nodes whose sizes make no sense: the ranks of the inputs were guessed wrong, or a rule is
  /// missing.
  std::size_t contradictions() const { return contradictions_; }

 private:
  friend class RuleCall;
  friend class NumberCheck;
  AbstractValue& value(ValueId id);
  AbstractValue describe_constant(ValueId id);
  std::optional<Dimension> content_of(ValueId id) const;
  AbstractValue describe_tensor(ValueId id, bool stretchable);
  void describe_baked(ValueId id);
  void note_dependents();
  void visit_all();
  void visit(std::size_t node);
  void note_bound_inputs(std::size_t node);

  // When the sizes are known: shape_locks.cc.
  void settle();
  void settle_outputs();
  void settle_output_number(ValueId leaf);
  void settle_output_size(ValueId leaf, const Dimensions& dims, std::size_t d);
  void settle_rows();
  void settle_rows_of(const Dimension& size, const std::map<std::int64_t, std::size_t>& rows);
  void settle_site(const SizeSite& site);
  void settle_limits();
  void settle_slice(const SizeSite& site, const Dimension& against);
  void settle_numbers();
  void widen_locks();
  void lock_to_trace(std::size_t node, const std::string& reason);
  void lock_inputs(const std::vector<SymbolId>& sizes, std::size_t node, const std::string& reason);
  std::vector<SymbolId> free_inputs() const;
  std::optional<Dimension> input_of_size(std::int64_t value) const;
  bool is_batch(const Dimension& size) const;

  const Graph& graph_;
  const std::vector<std::optional<Value>>& baked_;
  std::vector<const Node*> producers_;
  std::vector<bool> depends_;  // values that the inputs have a part in
  std::vector<bool> weighs_;   // and that weights have one in
  DimensionSolver solver_;
  std::vector<std::optional<AbstractValue>> values_;
  std::vector<Dimension> input_sizes_;
  std::vector<bool> noted_;
  std::vector<SizeSite> sites_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::size_t> site_index_;
  std::vector<StretchSite> stretches_;
  std::vector<ShapeLock> locks_;
  std::vector<ShapeLock> kept_locks_;
  std::vector<RowSite> rows_;
  std::vector<HeldNode> held_;
  std::vector<TableLimit> limits_;
  std::size_t contradictions_ = 0;
};

/// Sizes that do not fit each other.
struct Contradiction {};

/// One node, as a rule sees it.
class RuleCall {
 public:
  RuleCall(ShapeAnalysis& analysis, std::size_t index)
      : analysis_(analysis), index_(index), node_(analysis.graph_.nodes[index]) {}

  const Node& node() const { return node_; }
  const std::string& name() const { return node_.op->schema.name; }
  std::size_t size() const { return node_.inputs.size(); }
  DimensionSolver& solver() { return analysis_.solver_; }

  std::optional<std::size_t> argument(std::string_view name) const;
  AbstractValue& value(std::size_t i) { return analysis_.value(node_.inputs[i]); }
  AbstractValue& value_of(ValueId id) { return analysis_.value(id); }
  bool is_tensor(std::size_t i) const;
  std::optional<Dimensions> dims(std::size_t i);
  /// The number that the code gives, when it is one.
  std::optional<std::int64_t> number(std::size_t i) const;
  std::optional<std::int64_t> number(std::string_view name) const;
  std::optional<std::vector<std::int64_t>> numbers(std::size_t i) const;
  /// What a list argument was made of, when it was made by the code; empty otherwise.
  std::vector<ValueId> list_parts(std::size_t i) const;
  /// Into how many values the list that this node makes is taken apart, when that is all.
  std::size_t unpacked_into() const;
  bool is_none(ValueId id) const;
  bool holds_integers(ValueId id) const;
  const std::optional<Value>& constant(std::size_t i) const {
    return analysis_.graph_.values[node_.inputs[i]].constant;
  }
  bool flag(std::string_view name) const { return number(name).value_or(0) != 0; }
  /// An int argument as a size: a formula, or a symbol for the number that the code holds.
  std::optional<Dimension> size_argument(std::size_t i, SitePurpose purpose,
                                         const Dimension& against = {});
  /// A list of sizes likewise; nothing stands for -1.
  std::optional<std::vector<std::optional<Dimension>>> size_list(std::size_t i,
                                                                 SitePurpose purpose);
  /// Whether a number is what code may make of a size to cut or to look at: all, half, all but one.
  static bool may_stem_from(std::int64_t number, std::int64_t size);
  void set_start(const Dimension& symbol, std::int64_t start);
  /// Tells what a number of this node may stand for.
  void set_against(const Dimension& symbol, const Dimension& against);
  /// Whether the input sizes have a part in a size.
  bool depends_on_input(const Dimension& dimension);
  std::size_t wrap(std::int64_t dim, std::size_t rank) const;
  bool is_batch(const Dimension& dimension) {
    return analysis_.is_batch(solver().resolve(dimension));
  }
  /// What is known of a tensor's elements: a constant of the code, or made of them.
  const Tensor* known_tensor(ValueId id) const;
  /// Rows taken by their numbers.
  void take_row(const Dimension& size, std::int64_t row);
  void take_rows(const Dimension& size, ValueId rows);
  /// The first argument is a table: so many of its rows are asked for, or up to that one.
  void limit(const Dimension& asked, std::int64_t rows);
  /// Numbers of this node that may stem from any size of the dummy input.
  void hold(std::string reason) { analysis_.held_.push_back({index_, std::move(reason)}); }
  /// A place counted from the end, or a part left off there.
  void hold_from_end(const Dimension& size, std::int64_t place);
  /// A number that may be the dummy's length, or its last place, where it is told; as the row of a
  /// table any place of it, and where it is not told too.
  void hold_number(std::int64_t number, const std::string& what, bool in_table);
  /// A number that may be the product of an input's sizes.
  void hold_total(std::int64_t number, const std::string& reason);
  /// A number one that may be the size of a batch of one.
  void hold_batch_of_one(const std::string& reason);
  /// A size that the code gave to what it made.
  bool is_made_size(const Dimension& size) const;
  /// A constant of the code, or zeros and the like.
  bool is_made_by_code(ValueId id) const;
  bool has_input(ValueId id) const { return analysis_.depends_[id]; }
  /// A number that may be the dummy's size: runs at that size only, nowhere where it is not told.
  void lock_to_traced(const Dimension& size, std::string reason);
  void lock(const Dimension& size, std::int64_t value, bool at_most, std::string reason);
  /// One that following the sizes again does not find, as they are settled then.
  void lock_for_good(const Dimension& size, std::int64_t value, std::string reason);

  void give(Dimensions dims) { give(AbstractValue{std::move(dims), {}, {}, {}}); }
  void give(AbstractValue value) { analysis_.values_[node_.outputs[given_++]] = std::move(value); }
  void give_content(std::optional<Dimension> content, bool tensor);
  void give_unknown() { give(AbstractValue{}); }
  bool complete() const { return given_ == node_.outputs.size(); }

  Dimension broadcast(const Dimension& a, const Dimension& b);
  Dimensions broadcast(const Dimensions& a, const Dimensions& b);
  void same(const Dimension& a, const Dimension& b);
  bool is_size_of_mask(const Dimension& dimension);

 private:
  Dimension site(std::size_t argument, std::optional<std::size_t> item, std::int64_t value,
                 SitePurpose purpose, const Dimension& against);

  ShapeAnalysis& analysis_;
  std::size_t index_;
  const Node& node_;
  std::size_t given_ = 0;
};

/// The rule of an operator, or null when there is none: then nothing is known of its results.
using ShapeRule = void (*)(RuleCall& call);
ShapeRule find_shape_rule(const std::string& name);

using ShapeRules = std::map<std::string, ShapeRule>;
void add_elementwise_rules(ShapeRules& rules);
void add_view_rules(ShapeRules& rules);
void add_product_rules(ShapeRules& rules);
void add_number_rules(ShapeRules& rules);
void add_join_rules(ShapeRules& rules);
void add_window_rules(ShapeRules& rules);

/// Matches the sizes that a view asks for (nothing: -1) with the sizes there are, by their factors;
/// binds sizes of the code to sizes of the input. Returns the view's sizes.
Dimensions match_view(RuleCall& call, const Dimensions& from,
                      const std::vector<std::optional<Dimension>>& to);

}  // namespace henson::runtime
