// What the numbers of a model are kept as, and computed in.
#pragma once

#include <span>

#include "henson/inspect.h"
#include "runtime/graph/graph.h"
#include "runtime/inspection/anatomy.h"

namespace henson::runtime {

/// Of weights alone.
PrecisionFigures find_precision(std::span<const WeightInfo> weights);
/// With what the computation does. `graph`: as the archive has it; `anatomy`: of the fused one.
PrecisionFigures find_precision(std::span<const WeightInfo> weights, const Graph& graph,
                                const Graph& fused, const Anatomy& anatomy);

/// "fp32", "bf16", "int8".
std::string short_name(DType dtype);

/// Elements of floating and quantized tensors of at least one dimension, each once.
std::uint64_t count_parameters(std::span<const WeightInfo> weights);

}  // namespace henson::runtime
