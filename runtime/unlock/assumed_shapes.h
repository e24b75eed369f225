// Follows the sizes of every tensor of a graph as formulas in the inputs' sizes, and finds which
// numbers of the code are sizes of the dummy input.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/analysis/data_flow.h"
#include "runtime/graph/graph.h"
#include "runtime/operators/inference.h"
#include "runtime/unlock/dimension_solver.h"
#include "runtime/unlock/drawn_values.h"
#include "runtime/unlock/evidence.h"

namespace henson::runtime {

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
  bool must = false;   // nothing fits otherwise, whatever is said of a number
};

/// A number that is no size of a tensor, and that the witness shows to be made of the input's.
struct MadeNumber {
  enum class Form { kSize, kRoot, kInverse, kInverseRoot, kLogarithm };
  std::size_t node = 0;
  std::size_t argument = 0;
  Dimension size;
  Form form = Form::kSize;
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
struct UndecidedNode {
  std::size_t node = 0;
  std::string reason;
};

class AssumedShapes {
 public:
  struct InputShape {
    std::size_t rank = 2;
    std::optional<std::vector<std::int64_t>> traced;
  };

  /// `baked` has what baked_values() finds; all must outlive the analysis.
  AssumedShapes(const Graph& graph, const std::vector<InputShape>& inputs,
                const std::vector<std::optional<Value>>& baked, const Evidence& evidence);
  void run();

  const DimensionSolver& solver() const { return solver_; }
  const std::vector<SizeSite>& sites() const { return sites_; }
  const std::vector<StretchSite>& stretches() const { return stretches_; }
  const std::vector<ShapeLock>& locks() const { return locks_; }
  const std::vector<MadeNumber>& made_numbers() const { return made_; }
  /// Of Evidence::own, those that had some effect.
  const std::set<std::size_t>& stated() const { return stated_; }
  /// Nodes whose sizes make no sense: the ranks of the inputs were guessed wrong, or a rule is
  /// missing.
  std::size_t contradictions() const { return contradictions_; }

 private:
  friend class AssumingDomain;
  friend class NumberCheck;
  Fact& value(ValueId id);
  Fact describe_constant(ValueId id);
  Fact fact(ValueId id);
  Dimensions constant_sizes(ValueId id, bool stretchable);
  void describe_baked(ValueId id);
  void note_dependents();
  void note_unpacked();
  void visit_all();
  void visit(std::size_t node);
  void visit_operator(std::size_t node);
  void note_written(const Node& node, std::size_t result, const Fact& written);
  void note_bound_inputs(std::size_t node);

  // When the sizes are known: shape_locks.cc.
  void settle();
  void settle_outputs();
  void settle_output_number(ValueId leaf);
  void settle_output_size(ValueId leaf, const Dimensions& dims, std::size_t d);
  void settle_rows();
  void note_stated_row(const Dimension& size, const RowSite& site);
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
  bool is_own_first_row(const Dimension& size, std::size_t node) const;
  bool reads_all_sizes() const;
  bool is_one_of_many(std::size_t row) const;
  bool is_computed_tensor(ValueId id) const;

  // What is told from outside: shape_evidence.cc.
  bool is_stated(std::size_t node) const;
  void note_stated(std::size_t node);
  std::optional<std::int64_t> size_there(const Dimension& size) const;
  bool tells_apart(const Dimension& size) const;
  bool is_settled(std::size_t node, const Dimension& size) const;
  const DifferingNumber* differing_at(std::size_t node, std::size_t argument,
                                      std::optional<std::size_t> item) const;
  std::optional<Dimension> stated_size(std::size_t node, std::int64_t number,
                                       const SizePlace& place);
  std::optional<Dimension> size_of_both(double here, double there) const;
  std::optional<MadeNumber> made_number(const DifferingNumber& number) const;
  void settle_differing();
  void settle_differing(const DifferingNumber& number);
  void drop_settled_locks();

  const Graph& graph_;
  const std::vector<std::optional<Value>>& baked_;
  const Evidence& evidence_;
  Producers producers_;
  /// For each value, into how many it is taken apart as a list; 0 when anything else reads it.
  std::vector<std::size_t> unpacked_into_;
  std::vector<bool> depends_;  // values that the inputs have a part in
  std::vector<bool> weighs_;   // and that weights have one in
  std::vector<bool> reads_;    // values that elements of inputs have a part in, not sizes alone
  DimensionSolver solver_;
  std::vector<std::optional<Fact>> values_;
  std::vector<Dimension> input_sizes_;
  std::vector<bool> noted_;
  std::vector<SizeSite> sites_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::size_t> site_index_;
  std::vector<StretchSite> stretches_;
  std::vector<ShapeLock> locks_;
  std::vector<ShapeLock> kept_locks_;
  std::vector<RowSite> rows_;
  std::vector<UndecidedNode> undecided_;
  std::vector<TableLimit> limits_;
  std::vector<MadeNumber> made_;
  std::set<std::size_t> stated_;
  std::size_t contradictions_ = 0;
};

}  // namespace henson::runtime
