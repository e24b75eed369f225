// What a model is, in figures.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "runtime/graph/graph.h"
#include "runtime/inspection/anatomy.h"

namespace henson::runtime {

/// What is known of a model whose graph was found.
struct ModelEvidence {
  const Model& model;
  const Graph& graph;  // as the archive has it
  const Graph& fused;
  const Anatomy& anatomy;
  std::span<const InspectedTensor> tensors;
  std::span<const std::string> modules;  // library_modules()
};

/// What each output is.
std::vector<OutputFigures> find_output_figures(const ModelEvidence& evidence);

ModelSummary summarize(const ModelEvidence& evidence, std::span<const OutputFigures> outputs,
                       const PrecisionFigures& precision);
/// Of an archive that does not run.
ModelSummary summarize(std::span<const InspectedTensor> tensors, const PrecisionFigures& precision);

/// "109.5 M".
std::string short_count(std::uint64_t count);

}  // namespace henson::runtime
