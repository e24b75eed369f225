// Makes sizes of the dummy input the input's own: arange(14) becomes arange(size(input, 1)).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/tensor/dimension.h"
#include "runtime/unlock/evidence.h"

namespace henson::runtime {

/// Where a graph can run: a formula in the inputs' sizes that must have a value.
struct ShapeCondition {
  Dimension size;  // its symbols are places in `symbols`
  enum class Demand { kValue, kAtMost, kWhole, kNotOne };
  Demand demand = Demand::kValue;
  std::int64_t value = 0;  // below zero: it is not told, and no shape will do
  script::SourceLine where;
  std::string reason;
  bool limit = false;  // of the model itself, not of the trace: the reason names the table
  bool doubt = false;  // about a number, which a witness or a word of the user's would end
};

/// A number of the code, or a constant's size, that was made the input's own.
struct UnlockedSize {
  script::SourceLine where;
  std::string what;
  Dimension size = {};  // what it became: its symbols are places in `symbols`
  std::optional<std::int64_t> held = std::nullopt;  // the number, where it was one
};

struct UnlockResult {
  std::vector<UnlockedSize> unlocked;
  std::vector<ShapeCondition> conditions;
  /// Which size of which input each symbol of the conditions is.
  struct InputSize {
    std::size_t input = 0;
    std::size_t dim = 0;
  };
  std::vector<std::optional<InputSize>> symbols;
  std::vector<std::size_t> ranks;  // that the inputs were taken to have
  std::size_t contradictions = 0;  // nodes whose sizes do not fit each other with these
  std::set<std::size_t> stated;    // of Evidence::own, those that ended a doubt
};

/// The number of dimensions of each input, where it is given: else it is guessed from the
/// computation.
using InputRanks = std::vector<std::optional<std::size_t>>;

/// Changes the graph in place. At the traced shape it computes the very same bits as before.
/// `evidence`: about this graph's nodes.
UnlockResult unlock(Graph& graph, const TracedShapes& traced, const InputRanks& ranks = {},
                    const Evidence& evidence = {});

/// Throws henson::Error (kBadInput) for the first input with another number of dimensions than was
/// taken, naming it and both; returns when there is none.
void check_ranks(const UnlockResult& result, const Graph& graph,
                 std::span<const std::optional<std::vector<std::int64_t>>> shapes);

/// Throws henson::Error (kBadInput), naming the line and the shape that would do, when the inputs'
/// shapes do not meet the conditions. `shapes` has one entry an input; an absent input has none.
void check_conditions(const UnlockResult& result, const Graph& graph,
                      std::span<const std::optional<std::vector<std::int64_t>>> shapes);

}  // namespace henson::runtime
