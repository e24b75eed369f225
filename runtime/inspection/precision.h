// What the numbers of a model are kept as, and computed in.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "runtime/graph/graph.h"
#include "runtime/inspection/anatomy.h"
#include "runtime/inspection/origins.h"

namespace henson::runtime {

/// Of weights alone.
PrecisionFigures find_precision(std::span<const WeightInfo> weights);
/// With what the computation does. `roles`: of the weights; `graph`: as the archive has it;
/// `anatomy` and `origins`: of the fused one.
PrecisionFigures find_precision(std::span<const WeightInfo> weights,
                                std::span<const std::vector<WeightRole>> roles, const Graph& graph,
                                const Graph& fused, const Anatomy& anatomy, const Origins& origins);

/// "fp32", "bf16", "int8".
std::string short_name(DType dtype);

/// Elements of floating and quantized tensors of at least one dimension and of whatever else is a
/// weight by its role, each once; scales and masks are none.
std::uint64_t count_parameters(std::span<const InspectedTensor> tensors);

}  // namespace henson::runtime
