// The caller's inputs, matched to a graph's.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "runtime/import/builder.h"
#include "runtime/unlock/unlock.h"

namespace henson::runtime {

using BoundShapes = std::vector<std::optional<std::vector<std::int64_t>>>;

/// Parameters with defaults for which the caller gives nothing.
std::set<std::string> omitted_parameters(const BuiltGraph& built,
                                         std::span<const NamedInput> inputs);

/// What the computation does with its values, found once for a graph.
struct InputUses {
  explicit InputUses(const Graph& graph);
  std::vector<bool> read;  // for each value of the graph, whether anything reads it
  std::vector<bool> ids;   // likewise, whether its elements are rows of an embedding table
};

/// Values for graph.inputs, in order. Throws henson::Error (kBadInput), naming the input, for one
/// that is missing, given twice or not known, and for a dtype that the computation cannot take.
/// Borrows the callers' elements.
std::vector<Value> bind_inputs(const BuiltGraph& built, const InputUses& uses,
                               std::span<const NamedInput> inputs);

/// The shape of each bound value that is a tensor.
BoundShapes shapes_of(std::span<const Value> values);
InputRanks ranks_of(const BoundShapes& shapes);
/// Whether the inputs have the numbers of dimensions that a graph was unlocked for.
bool has_ranks(const UnlockResult& unlocked, const BoundShapes& shapes);

/// Inputs by position, as named ones. Trailing inputs that have defaults or that nothing reads may
/// be absent.
std::vector<NamedInput> name_inputs(const BuiltGraph& built,
                                    std::span<const henson::Tensor> inputs);

}  // namespace henson::runtime
