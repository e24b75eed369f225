// Sizes of a graph's values that hold at every run: what passes may build on. Unlike the analysis
// of unlock() nothing is guessed: a number of the code is that number, and two sizes that an
// operator broadcasts may differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/analysis/dimension.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Formulas over symbols: the sizes of the inputs, and of what no rule tells more about. Equal
/// formulas are equal sizes in every run that the graph's own operators accept.
class KnownSizes {
 public:
  using Dimensions = std::vector<Dimension>;

  /// Follows the whole graph. Of inputs whose rank is not known nothing is known.
  explicit KnownSizes(const Graph& graph);

  /// The sizes of a tensor. Values that were added to the graph later are not known.
  std::optional<Dimensions> dims(ValueId id) const;
  /// An int, or an integer tensor of one element.
  std::optional<Dimension> number(ValueId id) const;
  /// The input, and its dimension, that a size is.
  std::optional<std::pair<std::size_t, std::size_t>> input_of(const Dimension& size) const;

 private:
  friend class SizeRule;
  struct Known {
    std::optional<Dimensions> dims;
    std::optional<Dimension> number;
    std::optional<std::vector<Known>> items;  // of a list or tuple
  };
  /// What a symbol is more than a name.
  struct Symbol {
    std::optional<Dimension> bound;  // what it must equal
    std::vector<Dimension> of;       // of a broadcast size: the sizes that went in
    std::optional<Dimension> at_most;
    std::optional<std::pair<std::size_t, std::size_t>> input;
  };

  void describe(ValueId id);
  void visit(const Node& node);
  Dimension symbol(Symbol symbol);
  Dimension resolve(const Dimension& size) const;
  std::vector<Dimension> parts(const Dimension& size) const;
  /// The size of two that are broadcast.
  Dimension broadcast(const Dimension& a, const Dimension& b);
  /// An operator runs only where they are equal.
  void require_equal(const Dimension& a, const Dimension& b);
  bool is_part(SymbolId part, SymbolId whole) const;
  bool bind_parts(const Dimension& ratio);
  void bind_factor(const Dimension& ratio);

  const Graph& graph_;
  std::vector<Known> values_;
  std::vector<bool> written_;
  std::vector<bool> reshaped_;
  std::unordered_map<ValueId, const Node*> lists_;  // while the graph is followed
  std::vector<Symbol> symbols_;
};

/// Whether `size` is a whole multiple of `by`, and how many times.
std::optional<Dimension> whole_quotient(const Dimension& size, const Dimension& by);

}  // namespace henson::runtime
