// What the computation uses each of an archive's tensors for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "runtime/graph/graph.h"
#include "runtime/inspection/anatomy.h"
#include "runtime/inspection/origins.h"

namespace henson::runtime {

/// For each weight its roles, in the order in which the computation comes to them. `fused`: what
/// the anatomy is of.
std::vector<std::vector<WeightRole>> find_weight_roles(const Graph& fused, const Anatomy& anatomy,
                                                       const Origins& origins,
                                                       std::span<const WeightInfo> weights);

/// "word embeddings, decoder": all of them in words.
std::string to_string(std::span<const WeightRole> roles);

/// Names that say something: the archive's own, or made of roles where that is a number alone.
/// Each is given to one weight only.
std::vector<std::string> display_names(std::span<const WeightInfo> weights,
                                       std::span<const std::vector<WeightRole>> roles);

}  // namespace henson::runtime
