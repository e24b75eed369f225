// What the computation does with a model's inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "henson/henson.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

/// The role of each input of the graph, in order.
std::vector<InputRole> input_roles(const Graph& graph);

/// The table of positions that a model has.
struct PositionTable {
  std::int64_t rows = 0;
  std::int64_t first =
      0;  // the row of a sequence's first token: RoBERTa's come after the padding's
};

/// The smallest table, as wide as that of the words, whose indices are computed or are those of an
/// input of the role kPositions. Nothing when there is none.
std::optional<PositionTable> find_position_table(const Graph& graph);

}  // namespace henson::runtime
