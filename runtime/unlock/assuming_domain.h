// Sizes as unlock() takes them: what must fit is made to fit, and numbers of the code may be sizes
// of the dummy input. What was assumed is recorded in the analysis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/unlock/assumed_shapes.h"

namespace henson::runtime {

/// The domain of one node.
class AssumingDomain : public ShapeDomain {
 public:
  AssumingDomain(AssumedShapes& analysis, std::size_t index)
      : analysis_(analysis), index_(index), node_(analysis.graph_.nodes[index]) {}

  Dimension resolve(const Dimension& size) const override;
  Dimension broadcast(const Dimension& a, const Dimension& b) override;
  void require_equal(const Dimension& a, const Dimension& b) override;
  Dimension unknown() override;
  std::optional<Dimension> apply(SizeFunction function, const Dimension& a,
                                 const Dimension& b) override;
  bool is_fixed(const Dimension& size) const override { return !depends_on_input(size); }
  Dimension size_of_number(std::int64_t number, const SizePlace& place,
                           const std::optional<Dimension>& against) override;
  std::optional<Dimensions> view(const Dimensions& from,
                                 const std::vector<std::optional<Dimension>>& to) override;
  Dimension expand(const Dimension& size, const Dimension& to) override;
  Dimension part(const Dimension& size, const Dimension& first, const Dimension& last) override;

  // dummy_numbers.cc: which numbers cannot be told from the dummy's sizes.
  void saw_row(const Dimension& size, const Fact& from, std::int64_t row) override;
  void saw_rows(const Dimension& size, const Fact& rows) override;
  void saw_table_rows(const Dimension& table, const Fact& rows) override;
  void saw_start(const Dimension& size, std::int64_t start,
                 std::optional<std::int64_t> end) override;
  void saw_end(const Dimension& size, std::optional<std::int64_t> start,
               std::optional<std::int64_t> end, const Dimension& last) override;
  void saw_step(const Dimension& size, std::int64_t step) override;
  void saw_best(const Dimension& size, std::int64_t count) override;
  void saw_split(const Dimension& size, SplitBy by, std::span<const std::int64_t> numbers) override;
  void saw_padding(const Dimension& size, std::int64_t before, std::int64_t after) override;
  void saw_window(const Dimension& size, const Window& window) override;
  void saw_pooled_to(const Dimension& size, std::int64_t wanted) override;
  void saw_joined(std::span<const Fact> parts, std::int64_t dim) override;
  void saw_picked(const Dimension& size, const Dimension& index) override;
  void saw_strides(const Fact& from, std::span<const std::int64_t> sizes,
                   std::span<const std::int64_t> strides) override;
  void saw_count(std::int64_t bound) override;
  void saw_total(std::int64_t bound) override;
  void saw_identity_of_one() override;

  // Also for the matching of views.
  DimensionSolver& solver() { return analysis_.solver_; }
  const DimensionSolver& solver() const { return analysis_.solver_; }
  /// Whether the input sizes have a part in a size.
  bool depends_on_input(const Dimension& size) const;
  bool is_batch(const Dimension& size) const { return analysis_.is_batch(resolve(size)); }
  /// Tells what a number of this node may stand for.
  void set_against(const Dimension& symbol, const Dimension& against);
  void lock(const Dimension& size, std::int64_t value, bool at_most, std::string reason);
  /// One that following the sizes again does not find, as they are settled then.
  void lock_for_good(const Dimension& size, std::int64_t value, std::string reason);
  /// Whether a number is what code may make of a size to cut or to look at: all, half, all but one.
  static bool may_stem_from(std::int64_t number, std::int64_t size);

 private:
  bool is_size_of_mask(const Dimension& size) const;
  SizeSite* own_site(const Dimension& symbol);
  void set_start(const Dimension& symbol, std::int64_t start);
  const Tensor* known_tensor(ValueId id) const;
  void take_row(const Dimension& size, std::int64_t row);
  void limit(const Dimension& asked, std::int64_t rows);
  bool is_made_by_code(ValueId id) const;
  bool is_made_size(const Dimension& size) const;
  void hold(std::string reason) { analysis_.undecided_.push_back({index_, std::move(reason)}); }
  void hold_from_end(const Dimension& size, std::int64_t place);
  void hold_number(std::int64_t number, const std::string& what, bool in_table);
  void lock_to_traced(const Dimension& size, std::string reason);

  AssumedShapes& analysis_;
  std::size_t index_;
  const Node& node_;
  std::size_t unknowns_ = 0;
};

/// Matches the sizes that a view asks for (nothing: -1) with the sizes there are, by their factors;
/// binds sizes of the code to sizes of the input. Returns the view's sizes. Throws Mismatch.
Dimensions match_view(AssumingDomain& domain, const Dimensions& from,
                      const std::vector<std::optional<Dimension>>& to);

}  // namespace henson::runtime
