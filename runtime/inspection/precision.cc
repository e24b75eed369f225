#include "runtime/inspection/precision.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

namespace henson::runtime {
namespace {

using Elements =
    std::tuple<std::string, std::int64_t, std::vector<std::int64_t>, std::vector<std::int64_t>>;

bool is_number_kept(const WeightInfo& weight) {
  return (is_floating(weight.dtype) || is_quantized(weight.dtype)) && !weight.shape.empty();
}

/// Each element once: of several names the first.
std::vector<const WeightInfo*> distinct(std::span<const WeightInfo> weights) {
  std::set<Elements> seen;
  std::vector<const WeightInfo*> kept;
  for (const WeightInfo& weight : weights) {
    if (!is_number_kept(weight) || weight.storage.empty()) continue;
    const bool fresh =
        seen.emplace(weight.storage, weight.offset, weight.shape, weight.strides).second;
    if (fresh) kept.push_back(&weight);
  }
  return kept;
}

std::uint64_t elements_of(const WeightInfo& weight) {
  return weight.bytes / std::max<std::size_t>(size_of(weight.dtype), 1);
}

/// Scales of the weights of quantized layers.
class Quantizations {
 public:
  explicit Quantizations(const Graph& graph) : graph_(graph) {}

  std::optional<PrecisionFigures::Quantization> run(std::size_t tables) {
    for (const Node& node : graph_.nodes) {
      if (!has_any(node, Trait::kMultiplies) || !has_any(node, Trait::kQuantized)) continue;
      found_ = true;
      if (node.op->schema.name.find("dynamic") == std::string::npos) figures_.dynamic = false;
      for (const ValueId input : node.inputs) add(graph_.values[input]);
    }
    figures_.tables = tables;
    if (!found_ && tables == 0) return std::nullopt;
    return figures_;
  }

 private:
  void add(const GraphValue& value) {
    if (!value.constant) return;
    const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&*value.constant);
    if (packed == nullptr || !seen_.insert(packed->get()).second) return;
    ++figures_.layers;
    const auto& quantization = (*packed)->weight.quantization();
    if (quantization == nullptr) return;
    figures_.per_channel = figures_.per_channel || quantization->per_channel;
    for (const double scale : quantization->scales) {
      if (!any_scale_ || scale < figures_.smallest_scale) figures_.smallest_scale = scale;
      if (!any_scale_ || scale > figures_.largest_scale) figures_.largest_scale = scale;
      any_scale_ = true;
    }
  }

  const Graph& graph_;
  std::set<const PackedLinear*> seen_;
  PrecisionFigures::Quantization figures_;
  bool found_ = false;
  bool any_scale_ = false;
};

/// The floating types of what products make, the commonest first.
std::vector<DType> types_of_products(const Graph& graph) {
  std::map<DType, std::size_t> counts;
  for (const Node& node : graph.nodes) {
    if (!has_any(node, Trait::kMultiplies) || node.outputs.empty()) continue;
    const auto dtype = graph.values[node.outputs[0]].dtype;
    if (dtype && is_floating(*dtype)) ++counts[*dtype];
  }
  std::vector<DType> types;
  for (const auto& [dtype, count] : counts) types.push_back(dtype);
  std::stable_sort(types.begin(), types.end(),
                   [&](DType a, DType b) { return counts[a] > counts[b]; });
  return types;
}

/// Tables of which the code computes the rows: integers, by scales.
std::size_t count_packed_tables(std::span<const WeightInfo> weights,
                                std::span<const std::vector<WeightRole>> roles) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool table = !roles[i].empty() && weights[i].shape.size() == 2 &&
                       roles[i][0].parameter == WeightParameter::kWeight;
    if (table && !is_number_kept(weights[i])) ++count;
  }
  return count;
}

/// What a pass has multiplied a weight by: 1 where it is as the archive has it, nothing where that
/// cannot be told.
std::optional<double> factor_of(const Graph& fused, ValueId id, const Origins& origins,
                                std::span<const WeightInfo> weights) {
  const auto& constant = fused.values[id].constant;
  const auto* made = constant ? std::get_if<Tensor>(&*constant) : nullptr;
  const std::vector<std::size_t> places = origins.of(fused, id);
  if (made == nullptr || places.size() != 1 || !weights[places[0]].read) return std::nullopt;
  if (made->buffer()->storage() != nullptr) return 1;
  const WeightInfo& weight = weights[places[0]];
  if (made->sizes() != weight.shape) return std::nullopt;
  const henson::Tensor own = weight.read().to(DType::kFloat64);
  const auto from = own.values<double>();
  const Tensor to = made->to(system_memory(), DType::kFloat64).contiguous(system_memory());
  std::size_t largest = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (std::abs(from[i]) > std::abs(from[largest])) largest = i;
  }
  if (from.empty() || from[largest] == 0) return std::nullopt;
  // As near as a float32 tells it.
  return static_cast<double>(static_cast<float>(to.data<double>()[largest] / from[largest]));
}

std::optional<PrecisionFigures::Lora> lora_of(const Graph& fused, const Anatomy& anatomy,
                                              const Origins& origins,
                                              std::span<const WeightInfo> weights) {
  if (anatomy.adapters().empty()) return std::nullopt;
  PrecisionFigures::Lora lora;
  std::set<StepId> bases;
  std::set<std::optional<double>> scales;
  for (const LoraPair& pair : anatomy.adapters()) {
    bases.insert(pair.base);
    const auto folded = factor_of(fused, *anatomy.outline()[pair.b].weight, origins, weights);
    scales.insert(folded ? std::optional(pair.scale * *folded) : std::nullopt);
    if (const auto matrix = anatomy.matrix_of(pair.a)) {
      lora.rank = std::max(lora.rank, matrix->outputs);
    }
  }
  if (scales.size() == 1) lora.scale = *scales.begin();
  lora.layers = bases.size();
  return lora;
}

std::string plural(std::size_t count, const std::string& thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string describe(const PrecisionFigures& figures) {
  std::string kept;
  for (const PrecisionFigures::Part& part : figures.weights) {
    // What a layer norm or a bias is kept as beside the rest is told by the parts.
    if (kept.empty()) kept = short_name(part.dtype);
  }
  if (kept.empty()) kept = "?";
  std::string text = kept;
  if (const auto& quantization = figures.quantization) {
    text = quantization->tables > 0 && quantization->layers == 0
               ? kept + ", " + plural(quantization->tables, "table") + " in 8 bits"
               : std::string("int8") + (quantization->dynamic ? " (dynamic" : " (static") +
                     (quantization->per_channel ? ", a scale a channel)" : ", a scale a tensor)");
  } else if (figures.autocast) {
    text = kept + " weights, products in " + short_name(figures.computes.front()) + " (autocast)";
  }
  if (figures.lora) {
    const auto& scale = figures.lora->scale;
    const bool scaled = scale && *scale != 1;
    text += ", LoRA of rank " + std::to_string(figures.lora->rank) +
            (scaled ? " times " + number(*scale) : "") + " beside " +
            plural(figures.lora->layers, "product");
  }
  return text;
}

}  // namespace

std::string short_name(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return "fp64";
    case DType::kFloat32:
      return "fp32";
    case DType::kFloat16:
      return "fp16";
    case DType::kBFloat16:
      return "bf16";
    case DType::kQInt8:
      return "int8";
    default:
      return std::string(name_of(dtype));
  }
}

std::uint64_t count_parameters(std::span<const InspectedTensor> tensors) {
  std::set<Elements> seen;
  std::uint64_t count = 0;
  for (const InspectedTensor& tensor : tensors) {
    const WeightInfo& weight = tensor.weight;
    const auto& roles = tensor.roles;
    const bool beside = !roles.empty() && (roles[0].parameter == WeightParameter::kScale ||
                                           roles[0].parameter == WeightParameter::kMask);
    const bool counts = is_number_kept(weight) ? !beside : !roles.empty() && !beside;
    if (!counts || weight.storage.empty()) continue;
    const bool fresh =
        seen.emplace(weight.storage, weight.offset, weight.shape, weight.strides).second;
    if (fresh) count += elements_of(weight);
  }
  return count;
}

PrecisionFigures find_precision(std::span<const WeightInfo> weights) {
  PrecisionFigures figures;
  for (const WeightInfo* weight : distinct(weights)) {
    auto part = std::find_if(figures.weights.begin(), figures.weights.end(),
                             [&](const auto& known) { return known.dtype == weight->dtype; });
    if (part == figures.weights.end()) {
      part = figures.weights.insert(part, {weight->dtype, 0, 0, 0});
    }
    ++part->tensors;
    part->elements += elements_of(*weight);
    part->bytes += weight->bytes;
  }
  std::stable_sort(figures.weights.begin(), figures.weights.end(),
                   [](const auto& a, const auto& b) { return a.elements > b.elements; });
  figures.text = describe(figures);
  return figures;
}

PrecisionFigures find_precision(std::span<const WeightInfo> weights,
                                std::span<const std::vector<WeightRole>> roles, const Graph& graph,
                                const Graph& fused, const Anatomy& anatomy,
                                const Origins& origins) {
  PrecisionFigures figures = find_precision(weights);
  figures.computes = types_of_products(graph);
  figures.quantization = Quantizations(graph).run(count_packed_tables(weights, roles));
  figures.lora = lora_of(fused, anatomy, origins, weights);
  figures.autocast = !figures.weights.empty() && !figures.computes.empty() &&
                     figures.weights.front().dtype == DType::kFloat32 &&
                     size_of(figures.computes.front()) < size_of(DType::kFloat32);
  figures.text = describe(figures);
  return figures;
}

}  // namespace henson::runtime
