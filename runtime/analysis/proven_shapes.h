// Sizes of a graph's values that hold at every run: what passes may build on. Unlike the analysis
// of unlock() nothing is guessed: a number of the code is that number, and two sizes that an
// operator broadcasts may differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/analysis/proving_domain.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// Formulas over symbols: the sizes of the inputs, and of what no rule tells more about. Equal
/// formulas are equal sizes in every run that the graph's own operators accept.
class ProvenShapes {
 public:
  using Dimensions = std::vector<Dimension>;

  /// Follows the whole graph. Of inputs whose rank is not known nothing is known.
  explicit ProvenShapes(const Graph& graph);

  /// The sizes of a tensor. Values that were added to the graph later are not known.
  std::optional<Dimensions> dims(ValueId id) const;
  /// The dtype of a tensor, or of all tensors of a list.
  std::optional<DType> dtype(ValueId id) const { return values_[id].dtype; }
  /// An int, or an integer tensor of one element.
  std::optional<Dimension> number(ValueId id) const;
  /// What is known of a value, as it was found: see dims() for sizes with all that is known put in.
  Fact fact(ValueId id) const;
  const ProvingDomain& domain() const { return domain_; }
  /// The input, and its dimension, that a size is.
  std::optional<ProvingDomain::InputSize> input_of(const Dimension& size) const {
    return domain_.input_of(size);
  }

 private:
  void describe(ValueId id);
  void visit(const Node& node);
  void visit_operator(const Node& node);
  Dimension resolve(const Dimension& size) const { return domain_.resolve(size); }

  const Graph& graph_;
  std::vector<Fact> values_;
  std::vector<bool> written_;
  std::vector<bool> reshaped_;
  ProvingDomain domain_;
};

}  // namespace henson::runtime
