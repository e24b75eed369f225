// What is told from outside about numbers of the code: by the same model traced at another shape,
// or by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

/// The shape of each input in the trace, where it is known.
using TracedShapes = std::vector<std::optional<std::vector<std::int64_t>>>;

/// A number that the witness holds another one for.
struct DifferingNumber {
  std::size_t node = 0;
  std::size_t argument = 0;
  std::optional<std::size_t> item;  // of a list; nothing for a plain number
  double here = 0;
  double there = 0;
  bool whole = false;  // both are
};

/// What a trace of the same model at another shape tells.
struct Witness {
  TracedShapes shapes;
  std::vector<bool> same;     // nodes all of whose numbers agree
  bool same_outputs = false;  // likewise the numbers that are outputs
  std::vector<DifferingNumber> differing;

  const DifferingNumber* at(std::size_t node, std::size_t argument,
                            std::optional<std::size_t> item) const;
};

/// Throws henson::Error (kBadInput), naming the place, where the two are not the same model: only
/// numbers of the code and constants that it made of them may differ, and sizes of the inputs.
Witness compare_with_witness(const Graph& graph, const Graph& witness, TracedShapes shapes);

/// All of it, for one graph.
struct Evidence {
  std::optional<Witness> witness;
  /// Of each place that is stated, the nodes there: their numbers are the model's own.
  std::vector<std::vector<bool>> own;
};

/// The nodes at a place as errors print it: "code/__torch__/model.py:34". Throws kBadInput where
/// there is none.
std::vector<bool> nodes_at(const Graph& graph, const std::string& place);

}  // namespace henson::runtime
