#include "runtime/inspection/anatomy.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/analysis/data_flow.h"
#include "runtime/graph/node_traits.h"

namespace henson::runtime {
namespace {

using Kind = OutlineStep::Kind;

constexpr std::int64_t kMostTokenTypes = 4;

bool is_source(const OutlineStep& step, bool norms) {
  return step.kind == Kind::kProduct || step.kind == Kind::kLookup ||
         step.kind == Kind::kAttention || (norms && step.kind == Kind::kNorm);
}

}  // namespace

Anatomy::Anatomy(const Graph& graph, const Outline& outline, std::span<const InputInfo> inputs)
    : graph_(graph), outline_(outline) {
  find_adapters();
  find_layers();
  find_lookups(graph, inputs);
  find_norms();
  find_rest();
}

bool Anatomy::has_part(StepId step, ModelPart part) const {
  const auto found = parts_.find(step);
  return found != parts_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const StepPart& known) { return known.part == part; });
}

std::optional<StepId> Anatomy::first_of(ModelPart part) const {
  for (const auto& [step, parts] : parts_) {
    if (has_part(step, part)) return step;
  }
  return std::nullopt;
}

void Anatomy::place(StepId step, ModelPart part, std::optional<std::size_t> layer) {
  parts_[step].push_back({part, layer});
}

std::optional<std::vector<std::int64_t>> Anatomy::sizes_of(ValueId id) const {
  if (id >= graph_.values.size() || !graph_.values[id].constant) return std::nullopt;
  const Value& value = *graph_.values[id].constant;
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    if (tensor->defined()) return tensor->sizes();
  } else if (const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&value)) {
    return (*packed)->weight.sizes();
  }
  return std::nullopt;
}

std::optional<MatrixSizes> Anatomy::matrix_of(StepId product) const {
  const OutlineStep& step = outline_[product];
  const auto sizes = step.weight ? sizes_of(*step.weight) : std::nullopt;
  if (!sizes || sizes->size() != 2) return std::nullopt;
  return step.turned ? MatrixSizes{(*sizes)[1], (*sizes)[0]}
                     : MatrixSizes{(*sizes)[0], (*sizes)[1]};
}

// --- Ways ----------------------------------------------------------------------------------------

std::set<StepId> Anatomy::sources(ValueId value, bool stop_at_norms) const {
  std::set<StepId> found;
  outline_.walk_back(value, [&](StepId maker) {
    const bool source = is_source(outline_[maker], stop_at_norms);
    if (source) found.insert(maker);
    return !source;
  });
  return found;
}

std::vector<StepId> Anatomy::consumers(ValueId value) const {
  std::set<StepId> found;
  outline_.walk_on(value, [&](StepId reader, ValueId) {
    const Kind kind = outline_[reader].kind;
    if (kind == Kind::kProduct && !adapter_steps_.contains(reader)) found.insert(reader);
    return kind != Kind::kProduct && kind != Kind::kAttention && kind != Kind::kLookup;
  });
  return {found.begin(), found.end()};
}

/// The products that make a value, without the adapters beside them.
std::vector<StepId> Anatomy::base_products(ValueId value) const {
  std::vector<StepId> products;
  for (const StepId source : sources(value, false)) {
    if (outline_[source].kind == Kind::kProduct && !adapter_steps_.contains(source)) {
      products.push_back(source);
    }
  }
  // Angles of rotary positions are products too, by a row of numbers.
  const auto is_layer = [&](StepId step) { return matrix_of(step).has_value(); };
  if (std::any_of(products.begin(), products.end(), is_layer)) {
    std::erase_if(products, [&](StepId step) { return !is_layer(step); });
  }
  return products;
}

/// What a value is a cast, a copy or a scaled version of.
ValueId Anatomy::stripped(ValueId value) const {
  for (;;) {
    const OutlineStep* const maker = outline_.maker_of(value);
    if (maker == nullptr || maker->kind != Kind::kOther || maker->inputs.size() != 1) return value;
    value = maker->inputs[0];
  }
}

// --- Adapters ------------------------------------------------------------------------------------

bool Anatomy::is_adapter(StepId b, StepId a, StepId base) const {
  const auto small = matrix_of(a);
  const auto large = matrix_of(b);
  const auto sizes = matrix_of(base);
  if (!small || !large || !sizes || base == a || base == b) return false;
  if (small->outputs != large->inputs || large->outputs != sizes->outputs) return false;
  if (small->outputs >= std::min(small->inputs, large->outputs)) return false;
  return small->inputs == sizes->inputs &&
         stripped(outline_[a].inputs[0]) == stripped(outline_[base].inputs[0]);
}

void Anatomy::find_adapters() {
  const Producers producers(graph_);
  for (StepId b = 0; b < outline_.steps.size(); ++b) {
    if (outline_[b].kind != Kind::kProduct || outline_[b].inputs.empty()) continue;
    const auto a = outline_.maker[stripped(outline_[b].inputs[0])];
    if (!a || outline_[*a].kind != Kind::kProduct || outline_[*a].inputs.empty()) continue;
    double scale = 1;
    const auto base = added_to(producers, outline_[b].outputs[0], scale);
    if (!base || outline_[*base].inputs.empty() || !is_adapter(b, *a, *base)) continue;
    adapters_.push_back({*a, b, *base, scale});
    adapter_steps_.insert(*a);
    adapter_steps_.insert(b);
  }
}

/// The product that a value is added to, scaled or not.
std::optional<StepId> Anatomy::added_to(const Producers& producers, ValueId value,
                                        double& scale) const {
  while (outline_.readers[value].size() == 1 && !outline_.is_output[value]) {
    const OutlineStep& step = outline_[outline_.readers[value][0]];
    if (step.kind != Kind::kOther || step.outputs.size() != 1) return std::nullopt;
    if (step.inputs.size() == 2) {
      const ValueId other = step.inputs[step.inputs[0] == value ? 1 : 0];
      const auto base = outline_.maker[stripped(other)];
      const bool product = base && outline_[*base].kind == Kind::kProduct;
      return product ? base : std::nullopt;
    }
    scale *= factor_of(producers, step.outputs[0]);
    value = step.outputs[0];
  }
  return std::nullopt;
}

/// The number that a node multiplies by; 1 for another.
double Anatomy::factor_of(const Producers& producers, ValueId made) const {
  const Node* const node = made < graph_.values.size() ? producers.of(made) : nullptr;
  if (node == nullptr || !is_operator(*node) || node->op->schema.name != "aten::mul") return 1;
  for (const ValueId input : node->inputs) {
    const auto& constant = graph_.values[input].constant;
    if (!constant) continue;
    if (const auto* number = std::get_if<double>(&*constant)) return *number;
    if (const auto* integer = std::get_if<std::int64_t>(&*constant)) {
      return static_cast<double>(*integer);
    }
    const auto* tensor = std::get_if<Tensor>(&*constant);
    if (tensor != nullptr && tensor->defined() && tensor->numel() == 1) {
      return *tensor->to(system_memory(), DType::kFloat64).data<double>();
    }
  }
  return 1;
}

// --- Layers --------------------------------------------------------------------------------------

void Anatomy::find_layers() {
  for (StepId id = 0; id < outline_.steps.size(); ++id) {
    if (outline_[id].kind != Kind::kAttention) continue;
    LayerAnatomy layer;
    layer.attention = id;
    layer.layer = outline_.depth[outline_[id].inputs[0]];
    find_operands(layer);
    layer_count_ = std::max(layer_count_, layer.layer + 1);
    layers_.push_back(std::move(layer));
  }
  // A feed-forward takes none of the products of attentions: all of these must be known before.
  for (LayerAnatomy& layer : layers_) find_feed_forward(layer);
}

void Anatomy::find_operands(LayerAnatomy& layer) {
  const OutlineStep& attention = outline_[layer.attention];
  layer.query = base_products(attention.inputs[0]);
  layer.key = base_products(attention.inputs[1]);
  layer.value = base_products(attention.inputs[2]);
  const bool one = !layer.query.empty() && layer.query == layer.key && layer.key == layer.value;
  if (one) {
    for (const StepId step : layer.query) place(step, ModelPart::kQueryKeyValue, layer.layer);
  } else {
    for (const StepId step : layer.query) place(step, ModelPart::kQuery, layer.layer);
    for (const StepId step : layer.key) place(step, ModelPart::kKey, layer.layer);
    for (const StepId step : layer.value) place(step, ModelPart::kValue, layer.layer);
  }
  const std::vector<StepId> readers = consumers(attention.outputs[0]);
  if (readers.empty()) return;
  layer.out = readers.front();
  place(*layer.out, ModelPart::kAttentionOutput, layer.layer);
}

bool Anatomy::is_layer_product(StepId step) const { return parts_.contains(step); }

void Anatomy::find_feed_forward(LayerAnatomy& layer) {
  if (!layer.out) return;
  const std::vector<StepId> readers = consumers(outline_[*layer.out].outputs[0]);
  const auto first = std::find_if(readers.begin(), readers.end(),
                                  [&](StepId step) { return !is_layer_product(step); });
  if (first == readers.end()) return;
  const std::vector<StepId> behind = consumers(outline_[*first].outputs[0]);
  const auto hidden = matrix_of(*layer.out);
  const auto down = behind.empty() ? std::nullopt : matrix_of(behind.front());
  if (!hidden || !down || down->outputs != hidden->outputs || is_layer_product(behind.front())) {
    return;
  }
  layer.down = behind.front();
  place(*layer.down, ModelPart::kFeedForwardOut, layer.layer);
  for (const StepId step : base_products(outline_[*layer.down].inputs[0])) {
    layer.up.push_back(step);
    place(step, ModelPart::kFeedForwardIn, layer.layer);
  }
  // The activation that stands between.
  outline_.walk_back(outline_[*layer.down].inputs[0], [&](StepId maker) {
    const Kind kind = outline_[maker].kind;
    if (kind == Kind::kActivation) layer.activation = maker;
    return kind != Kind::kProduct;
  });
}

// --- Lookups -------------------------------------------------------------------------------------

void Anatomy::find_lookups(const Graph& graph, std::span<const InputInfo> inputs) {
  std::set<StepId> biases;  // of scores
  for (const LayerAnatomy& layer : layers_) {
    const auto& bias = outline_[layer.attention].scores_bias;
    if (!bias) continue;
    const std::set<StepId> sources_of_bias = sources(*bias, false);
    biases.insert(sources_of_bias.begin(), sources_of_bias.end());
  }
  for (StepId id = 0; id < outline_.steps.size(); ++id) {
    const OutlineStep& step = outline_[id];
    if (step.kind != Kind::kLookup) continue;
    const ModelPart part =
        biases.contains(id) ? ModelPart::kRelativePositions : part_of_lookup(graph, inputs, step);
    place(id, part, std::nullopt);
    const auto sizes = sizes_of(*step.weight);
    if (part == ModelPart::kWordEmbeddings && sizes) {
      vocabulary_ = std::max(vocabulary_, (*sizes)[0]);
    }
  }
}

ModelPart Anatomy::part_of_lookup(const Graph& graph, std::span<const InputInfo> inputs,
                                  const OutlineStep& lookup) const {
  const Producers producers(graph);
  ValueId indices = lookup.inputs[0];
  for (const Node* maker = producers.of(indices); maker != nullptr && keeps_elements(*maker);
       maker = producers.of(indices)) {
    indices = maker->inputs[0];
  }
  for (std::size_t i = 0; i < inputs.size() && i < graph.inputs.size(); ++i) {
    if (graph.inputs[i].value != indices) continue;
    switch (inputs[i].role) {
      case InputRole::kIds:
        return ModelPart::kWordEmbeddings;
      case InputRole::kTokenTypes:
        return ModelPart::kTokenTypeEmbeddings;
      case InputRole::kPositions:
        return ModelPart::kPositionEmbeddings;
      default:
        break;
    }
  }
  const auto sizes = sizes_of(*lookup.weight);
  if (!sizes || sizes->size() != 2) return ModelPart::kOther;
  return (*sizes)[0] <= kMostTokenTypes ? ModelPart::kTokenTypeEmbeddings
                                        : ModelPart::kPositionEmbeddings;
}

// --- Norms ---------------------------------------------------------------------------------------

/// Whether what a norm makes goes into products alone, and not on beside them.
bool Anatomy::read_by_products_alone(StepId norm) const {
  std::vector<ValueId> open{outline_[norm].outputs[0]};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (outline_.is_output[value]) return false;
    for (const StepId reader : outline_.readers[value]) {
      const OutlineStep& step = outline_[reader];
      if (step.kind == Kind::kProduct) continue;
      if (step.kind != Kind::kOther || step.inputs.size() != 1) return false;
      open.insert(open.end(), step.outputs.begin(), step.outputs.end());
    }
  }
  return true;
}

void Anatomy::find_norms() {
  for (LayerAnatomy& layer : layers_) {
    if (layer.up.empty()) continue;
    for (const StepId source : sources(outline_[layer.up[0]].inputs[0], true)) {
      if (outline_[source].kind != Kind::kNorm) continue;
      layer.norm_first = read_by_products_alone(source);
    }
  }
  const bool first = std::any_of(layers_.begin(), layers_.end(),
                                 [](const LayerAnatomy& layer) { return layer.norm_first; });
  for (StepId id = 0; id < outline_.steps.size(); ++id) {
    if (outline_[id].kind != Kind::kNorm) continue;
    std::optional<StepId> anchor;  // the last that is not a norm
    for (const StepId source : sources(outline_[id].inputs[0], true)) {
      const bool skipped = outline_[source].kind == Kind::kNorm || adapter_steps_.contains(source);
      if (!skipped) anchor = source;
    }
    const std::vector<StepId> readers = consumers(outline_[id].outputs[0]);
    const bool into_attention =
        !readers.empty() && (has_part(readers.front(), ModelPart::kQuery) ||
                             has_part(readers.front(), ModelPart::kKey) ||
                             has_part(readers.front(), ModelPart::kValue) ||
                             has_part(readers.front(), ModelPart::kQueryKeyValue));
    const auto parts = anchor ? parts_.find(*anchor) : parts_.end();
    const StepPart part = parts == parts_.end() ? StepPart() : parts->second.front();
    switch (part.part) {
      case ModelPart::kAttentionOutput:
        place(id, first ? ModelPart::kOutputNorm : ModelPart::kAttentionNorm, part.layer);
        break;
      case ModelPart::kFeedForwardOut:
        if (!first) {
          place(id, ModelPart::kOutputNorm, part.layer);
        } else if (into_attention) {
          place(id, ModelPart::kAttentionNorm, *part.layer + 1);
        } else {
          place(id, ModelPart::kFinalNorm, std::nullopt);
        }
        break;
      default:
        if (outline_.depth[outline_[id].outputs[0]] > 0) break;  // a head's: find_heads()
        if (first && into_attention && read_by_products_alone(id)) {
          place(id, ModelPart::kAttentionNorm, 0);
        } else {
          place(id, ModelPart::kEmbeddingNorm, std::nullopt);
        }
    }
  }
}

// --- What is before and behind the layers --------------------------------------------------------

void Anatomy::find_rest() {
  std::set<StepId> before;
  for (const LayerAnatomy& layer : layers_) {
    if (layer.layer != 0) continue;
    for (const StepId query : layer.query) {
      const std::set<StepId> found = sources(outline_[query].inputs[0], false);
      before.insert(found.begin(), found.end());
    }
  }
  std::vector<StepId> rest;
  for (StepId id = 0; id < outline_.steps.size(); ++id) {
    if (outline_[id].kind != Kind::kProduct || parts_.contains(id)) continue;
    if (adapter_steps_.contains(id)) continue;
    const std::size_t depth =
        outline_[id].outputs.empty() ? 0 : outline_.depth[outline_[id].outputs[0]];
    if (before.contains(id)) {
      place(id, ModelPart::kEmbeddingProjection, std::nullopt);
    } else if (depth == layer_count_ && layer_count_ > 0) {
      rest.push_back(id);
    }
  }
  find_heads(rest);
}

void Anatomy::find_heads(const std::vector<StepId>& rest) {
  for (const StepId id : rest) {
    const auto sizes = matrix_of(id);
    const std::vector<StepId> behind = consumers(outline_[id].outputs[0]);
    if (sizes && vocabulary_ > 0 && sizes->outputs == vocabulary_) {
      place(id, ModelPart::kDecoder, std::nullopt);
      continue;
    }
    const bool square = sizes && sizes->outputs == sizes->inputs;
    const auto& readers = outline_.readers[outline_[id].outputs[0]];
    const bool tanh = std::any_of(readers.begin(), readers.end(), [&](StepId reader) {
      return outline_[reader].kind == Kind::kActivation && outline_[reader].name == "tanh";
    });
    if (square && tanh) {
      place(id, ModelPart::kPooler, std::nullopt);
    } else if (!behind.empty()) {
      place(id, ModelPart::kHeadTransform, std::nullopt);
    } else {
      place(id, ModelPart::kClassifier, std::nullopt);
    }
  }
  for (StepId id = 0; id < outline_.steps.size(); ++id) {
    if (outline_[id].kind != Kind::kNorm || parts_.contains(id)) continue;
    for (const StepId source : sources(outline_[id].inputs[0], true)) {
      if (!has_part(source, ModelPart::kHeadTransform)) continue;
      place(id, ModelPart::kHeadNorm, std::nullopt);
      break;
    }
  }
}

}  // namespace henson::runtime
