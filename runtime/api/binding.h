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
/// Likewise of inputs by position. Throws henson::Error (kBadInput) for more than there are.
std::set<std::string> omitted_parameters(const BuiltGraph& built,
                                         std::span<const henson::Tensor> inputs);

/// What the caller gives for each input of a graph: null where it gives nothing.
using GivenInputs = std::vector<const henson::Tensor*>;

/// By path or name. Throws henson::Error (kBadInput), naming the input, for one that is given twice
/// or not known.
GivenInputs place_inputs(const BuiltGraph& built, std::span<const NamedInput> inputs);
/// Where each input of the usual graph stands in another one of the same model.
std::vector<std::optional<std::size_t>> places_of(const BuiltGraph& usual, const BuiltGraph& built);
/// By position in the usual graph, from where `places` leads: as many may be given as it has.
GivenInputs place_inputs(const BuiltGraph& built, std::span<const henson::Tensor> inputs,
                         std::span<const std::optional<std::size_t>> places);

/// What the computation does with its values, found once for a graph.
struct InputUses {
  explicit InputUses(const Graph& graph);
  std::vector<bool> read;  // for each value of the graph, whether anything reads it
  std::vector<bool> ids;   // likewise, whether its elements are rows of an embedding table
};

/// Values for graph.inputs, in order. Throws henson::Error (kBadInput), naming the input, for one
/// that is missing, and for a dtype that the computation cannot take. Borrows the callers'
/// elements.
std::vector<Value> bind_inputs(const BuiltGraph& built, const InputUses& uses,
                               const GivenInputs& given);

/// The shape of each bound value that is a tensor.
BoundShapes shapes_of(std::span<const Value> values);
InputRanks ranks_of(const BoundShapes& shapes);
/// Whether the inputs have the numbers of dimensions that a graph was unlocked for.
bool has_ranks(const UnlockResult& unlocked, const BoundShapes& shapes);

}  // namespace henson::runtime
