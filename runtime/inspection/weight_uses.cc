#include "runtime/inspection/weight_uses.h"

#include <optional>
#include <vector>

#include "runtime/analysis/uses.h"
#include "runtime/api/model_impl.h"
#include "runtime/fusion/fuse.h"
#include "runtime/inspection/anatomy.h"
#include "runtime/inspection/origins.h"

namespace henson::runtime {
namespace {

/// Whether a value of the graph is a weight as the archive has it, or its transpose; nothing where
/// it is neither.
std::optional<bool> is_transpose_of(const GraphValue& value, const WeightInfo& weight) {
  const auto* tensor = value.constant ? std::get_if<Tensor>(&*value.constant) : nullptr;
  if (tensor == nullptr || weight.shape.size() != 2 || tensor->sizes().size() != 2) {
    return std::nullopt;
  }
  if (tensor->sizes() == weight.shape && tensor->strides() == weight.strides) return false;
  const Dims sizes(weight.shape.rbegin(), weight.shape.rend());
  const Dims strides(weight.strides.rbegin(), weight.strides.rend());
  if (tensor->sizes() == sizes && tensor->strides() == strides) return true;
  return std::nullopt;
}

void find_turned(const Graph& fused, const Model& model, const Origins& origins, WeightUses& uses) {
  const Outline outline = outline_of(fused);
  const Anatomy anatomy(fused, outline, model.inputs());
  for (StepId step = 0; step < outline.steps.size(); ++step) {
    const OutlineStep& product = outline[step];
    if (product.kind != OutlineStep::Kind::kProduct || !product.weight) continue;
    const auto matrix = anatomy.matrix_of(step);
    for (const std::size_t place : origins.of(fused, *product.weight)) {
      const WeightInfo& weight = model.weights()[place];
      if (weight.shape.size() != 2 || !matrix) continue;
      const auto transposed = is_transpose_of(fused.values[*product.weight], weight);
      const bool by_shape = matrix->outputs != matrix->inputs &&
                            weight.shape[0] == matrix->inputs && weight.shape[1] == matrix->outputs;
      if (transposed ? product.turned != *transposed : by_shape) uses.turned.insert(place);
    }
  }
}

}  // namespace

WeightUses find_weight_uses(const Inspection& archive) {
  WeightUses uses;
  if (archive.model() == nullptr) return uses;
  const Model& model = *archive.model();
  const Graph& graph = ModelAccess::impl(model).program().built.graph;
  const Graph fused = fuse(graph);  // without what no output needs
  const Origins origins(graph, model.weights());
  const std::vector<bool> read = read_values(fused);
  for (ValueId id = 0; id < read.size(); ++id) {
    if (!read[id] || !fused.values[id].constant) continue;
    for (const std::size_t place : origins.of(fused, id)) uses.live.insert(place);
  }
  find_turned(fused, model, origins, uses);
  return uses;
}

}  // namespace henson::runtime
