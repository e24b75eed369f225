// The steps of a computation by the parts of a transformer that they are, told by what flows where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "henson/inspect.h"
#include "runtime/analysis/data_flow.h"
#include "runtime/graph/graph.h"
#include "runtime/inspection/outline.h"

namespace henson::runtime {

/// Attention and what belongs to it. A model that is called twice has each layer twice.
struct LayerAnatomy {
  std::size_t layer = 0;  // attentions before it, on the way from the inputs
  StepId attention = 0;
  std::vector<StepId> query;  // products; none where the operand comes from elsewhere
  std::vector<StepId> key;
  std::vector<StepId> value;
  std::optional<StepId> out;
  std::vector<StepId> up;  // feed-forward: several where it has gates
  std::optional<StepId> down;
  std::optional<StepId> activation;
  bool norm_first = false;
};

/// What a step is to its model.
struct StepPart {
  ModelPart part = ModelPart::kOther;
  std::optional<std::size_t> layer;
};

/// A product of low rank whose result is added to that of another one over the same rows.
struct LoraPair {
  StepId a = 0;
  StepId b = 0;
  StepId base = 0;
  double scale = 1;  // of its result before it is added
};

/// A weight's sizes, [rows, columns] as a linear layer has them: outputs and inputs.
struct MatrixSizes {
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
};

class Anatomy {
 public:
  /// `graph`: what the outline is of, fused. `inputs`: those of the model.
  Anatomy(const Graph& graph, const Outline& outline, std::span<const InputInfo> inputs);

  const Outline& outline() const { return outline_; }
  const std::vector<LayerAnatomy>& layers() const { return layers_; }
  /// The number of layers: one more than the last one's.
  std::size_t layer_count() const { return layer_count_; }
  const std::map<StepId, std::vector<StepPart>>& parts() const { return parts_; }
  const std::vector<LoraPair>& adapters() const { return adapters_; }

  /// Whether the step has the part.
  bool has_part(StepId step, ModelPart part) const;
  /// The first step of a part; nothing where there is none.
  std::optional<StepId> first_of(ModelPart part) const;

  /// Sizes of a constant tensor, as far as they are known.
  std::optional<std::vector<std::int64_t>> sizes_of(ValueId id) const;
  /// Of a product: nothing where its weight is no matrix.
  std::optional<MatrixSizes> matrix_of(StepId product) const;

  /// The nearest steps that make a value which are products, lookups, attentions or, where asked,
  /// norms, seen through everything else.
  std::set<StepId> sources(ValueId value, bool stop_at_norms) const;
  /// The products that take a value, seen through all but products and attentions, in order.
  std::vector<StepId> consumers(ValueId value) const;

 private:
  void find_adapters();
  std::optional<StepId> added_to(const Producers& producers, ValueId value, double& scale) const;
  double factor_of(const Producers& producers, ValueId made) const;
  bool is_adapter(StepId b, StepId a, StepId base) const;
  void find_layers();
  void find_operands(LayerAnatomy& layer);
  void find_feed_forward(LayerAnatomy& layer);
  void find_lookups(const Graph& graph, std::span<const InputInfo> inputs);
  ModelPart part_of_lookup(const Graph& graph, std::span<const InputInfo> inputs,
                           const OutlineStep& lookup) const;
  void find_norms();
  void find_rest();
  void find_heads(const std::vector<StepId>& rest);
  void place(StepId step, ModelPart part, std::optional<std::size_t> layer);

  std::vector<StepId> base_products(ValueId value) const;
  ValueId stripped(ValueId value) const;
  bool read_by_products_alone(StepId norm) const;
  bool is_layer_product(StepId step) const;

  const Graph& graph_;
  const Outline& outline_;
  std::vector<LayerAnatomy> layers_;
  std::size_t layer_count_ = 0;
  std::map<StepId, std::vector<StepPart>> parts_;
  std::vector<LoraPair> adapters_;
  std::set<StepId> adapter_steps_;
  std::int64_t vocabulary_ = 0;
};

}  // namespace henson::runtime
