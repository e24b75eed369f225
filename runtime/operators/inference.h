// What a rule sees of a call: facts about the arguments, and how the analysis that runs it treats
// sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/operators/rule.h"
#include "runtime/operators/schema.h"
#include "runtime/tensor/dimension.h"
#include "runtime/tensor/value.h"

namespace henson::runtime {

struct Operator;

using Dimensions = std::vector<Dimension>;

/// What is known of a value. What is not set is not known.
struct Fact {
  TypeKind kind = TypeKind::kAny;
  std::optional<DType> dtype;              // of a tensor, or of every tensor of a list
  std::optional<bool> floating;            // whether that is floating, where only so much is known
  std::optional<Dimensions> dims;          // the sizes of a tensor
  std::size_t least_rank = 0;              // a tensor has at least so many dimensions
  std::optional<Dimension> number;         // of an int, or of an integer tensor of one element
  std::optional<std::vector<Fact>> items;  // of a list or a tuple
  const Value* constant = nullptr;         // of a constant, which outlives the fact
  std::optional<std::uint32_t> id;         // the value of the graph that it is about
  std::optional<Dimension> summed_over;    // of a sum: how many elements went into each
  std::optional<Dimension> last;           // of what counts up: its last element
};

/// A constant. `value` must outlive the fact.
Fact fact_of(const Value& value);

/// What a size may be computed by beyond sums, products and exact quotients.
enum class SizeFunction { kFloorDivide, kTrueDivide, kRemainder, kSteps, kMin, kMax };

/// Of whole numbers; nothing where there is no whole result, or none at all.
std::optional<std::int64_t> evaluate(SizeFunction function, std::int64_t a, std::int64_t b);

/// Where a number of the code stands that may be a size.
enum class SitePurpose { kView, kExpand, kCreate, kSliceOfInput, kSliceOfConstant };
struct SizePlace {
  std::size_t argument = 0;
  std::optional<std::size_t> item;  // of a list; nothing for a plain int
  SitePurpose purpose = SitePurpose::kCreate;
};

/// What a dimension is split by: the sizes of the pieces, the size of each, or their count.
enum class SplitBy { kSizes, kSize, kCount };

/// A window that slides over a dimension.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;
};

/// How an analysis treats sizes: one must prove what it says, another may assume that numbers of
/// the code are sizes of the dummy input, and records it.
class ShapeDomain {
 public:
  virtual ~ShapeDomain() = default;

  /// The formula with everything that is known put in.
  virtual Dimension resolve(const Dimension& size) const = 0;
  /// The size of what is computed element by element of both. May throw Mismatch.
  virtual Dimension broadcast(const Dimension& a, const Dimension& b) = 0;
  /// The operator runs only where both are equal. May throw Mismatch.
  virtual void require_equal(const Dimension& a, const Dimension& b) = 0;
  /// A size of which nothing is known.
  virtual Dimension unknown() = 0;
  /// Nothing where it cannot be said.
  virtual std::optional<Dimension> apply(SizeFunction function, const Dimension& a,
                                         const Dimension& b) = 0;
  /// Whether a size is the same in every run.
  virtual bool is_fixed(const Dimension& size) const = 0;
  /// A number of the code that stands where a size does. `against`: the size that it may stand for.
  virtual Dimension size_of_number(std::int64_t number, const SizePlace& place,
                                   const std::optional<Dimension>& against) = 0;
  /// The sizes of a view that asks for `to`, one of which may be open.
  virtual std::optional<Dimensions> view(const Dimensions& from,
                                         const std::vector<std::optional<Dimension>>& to) = 0;
  /// A dimension of that size, repeated to be `to`.
  virtual Dimension expand(const Dimension& size, const Dimension& to) = 0;
  /// What is left of a dimension from `first` to before `last`, both counted from its start.
  virtual Dimension part(const Dimension& size, const Dimension& first, const Dimension& last) = 0;

  // What a rule tells beside sizes: numbers that code may have made of the dummy's. An analysis
  // that assumes nothing need not listen. A size is that of the dimension that the number is about.
  virtual void saw_row(const Dimension& /*size*/, const Fact& /*from*/, std::int64_t /*row*/) {}
  virtual void saw_rows(const Dimension& /*size*/, const Fact& /*rows*/) {}
  /// The indices of a table.
  virtual void saw_table_rows(const Dimension& /*table*/, const Fact& /*rows*/) {}
  /// Where a part starts and ends, as the code counts; what is no number of the code is not told.
  virtual void saw_start(const Dimension& /*size*/, std::int64_t /*start*/,
                         std::optional<std::int64_t> /*end*/) {}
  /// `last`: the end, counted from the start of the dimension.
  virtual void saw_end(const Dimension& /*size*/, std::optional<std::int64_t> /*start*/,
                       std::optional<std::int64_t> /*end*/, const Dimension& /*last*/) {}
  virtual void saw_step(const Dimension& /*size*/, std::int64_t /*step*/) {}
  /// How many of the largest are taken.
  virtual void saw_best(const Dimension& /*size*/, std::int64_t /*count*/) {}
  virtual void saw_split(const Dimension& /*size*/, SplitBy /*by*/,
                         std::span<const std::int64_t> /*numbers*/) {}
  virtual void saw_padding(const Dimension& /*size*/, std::int64_t /*before*/,
                           std::int64_t /*after*/) {}
  virtual void saw_window(const Dimension& /*size*/, const Window& /*window*/) {}
  virtual void saw_pooled_to(const Dimension& /*size*/, std::int64_t /*wanted*/) {}
  virtual void saw_joined(std::span<const Fact> /*parts*/, std::int64_t /*dim*/) {}
  /// Of gather: the index is as long as what it picks from, or shorter.
  virtual void saw_picked(const Dimension& /*size*/, const Dimension& /*index*/) {}
  virtual void saw_strides(const Fact& /*from*/, std::span<const std::int64_t> /*sizes*/,
                           std::span<const std::int64_t> /*strides*/) {}
  /// A bound of what counts, and one of what counts in steps of a size.
  virtual void saw_count(std::int64_t /*bound*/) {}
  virtual void saw_total(std::int64_t /*bound*/) {}
  virtual void saw_identity_of_one() {}
};

/// One call of an operator, as its rule sees it.
class Inference {
 public:
  /// `results` has a place for each result of the schema. `domain` is null where sizes are not
  /// followed. All must outlive the call.
  Inference(const Operator& op, std::span<const Fact> arguments, std::span<Fact> results,
            ShapeDomain* domain)
      : op_(op), arguments_(arguments), results_(results), domain_(domain) {}

  const Operator& op() const { return op_; }
  ShapeDomain& domain() const { return *domain_; }  // in shape rules only

  // The arguments.
  std::size_t size() const { return arguments_.size(); }
  const Fact& arg(std::size_t i) const { return arguments_[i]; }
  /// Where the schema has an argument of that name.
  std::optional<std::size_t> place(std::string_view name) const;
  bool is_tensor(std::size_t i) const { return arguments_[i].kind == TypeKind::kTensor; }
  bool is_none(std::size_t i) const;
  /// A number or flag of the code. A flag counts as 0 or 1.
  std::optional<std::int64_t> integer(std::size_t i) const;
  /// By name; `otherwise` where the schema has no such argument.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t otherwise) const;
  /// A list of numbers of the code; one number counts as a list of one.
  std::optional<std::vector<std::int64_t>> integers(std::size_t i) const;
  std::optional<std::vector<std::int64_t>> integers(std::string_view name) const;
  /// Whether a flag is set; nothing where it is not known. False where the schema has none.
  std::optional<bool> flag(std::string_view name) const;

  // The arguments as a shape rule sees them: formulas with everything known put in.
  std::optional<Dimensions> dims(std::size_t i) const { return resolved(arguments_[i].dims); }
  std::optional<Dimensions> resolved(const std::optional<Dimensions>& dims) const;
  std::optional<Dimension> number(std::size_t i) const;
  /// An int where a size stands: a formula, or what the domain makes of the code's number.
  std::optional<Dimension> size_argument(std::size_t i, SitePurpose purpose,
                                         const std::optional<Dimension>& against = {}) const;
  /// A list of sizes likewise; nothing stands for -1.
  std::optional<std::vector<std::optional<Dimension>>> size_list(std::size_t i,
                                                                 SitePurpose purpose) const;
  /// The sizes of what is computed element by element of both.
  Dimensions broadcast(const Dimensions& a, const Dimensions& b) const;
  /// The place of a dimension that may be counted from the end; 0 also where there is none. Throws
  /// Mismatch.
  static std::size_t wrap(std::int64_t dim, std::size_t rank);
  /// Likewise; nothing where the number is not known, or there is no dimension.
  static std::optional<std::size_t> dim_at(std::optional<std::int64_t> dim, std::size_t rank);

  // The results.
  Fact& result(std::size_t i = 0) { return results_[i]; }
  std::size_t result_count() const { return results_.size(); }
  /// Sizes for every result.
  void give(const Dimensions& dims);

 private:
  const Operator& op_;
  std::span<const Fact> arguments_;
  std::span<Fact> results_;
  ShapeDomain* domain_;
};

/// Runs the operator's rule. What is written in place is its argument. `domain` null: dtypes alone.
/// Throws Mismatch.
void infer(const Operator& op, std::span<const Fact> arguments, std::span<Fact> results,
           ShapeDomain* domain);

}  // namespace henson::runtime
