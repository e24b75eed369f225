#include "runtime/inspection/roles.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "runtime/tensor/elements.h"

namespace henson {

std::string to_string(const WeightRole& role) {
  std::string text(name_of(role.part));
  switch (role.parameter) {
    case WeightParameter::kWeight:
      break;
    case WeightParameter::kBias:
      text += " bias";
      break;
    case WeightParameter::kLoraA:
      text += " LoRA A";
      break;
    case WeightParameter::kLoraB:
      text += " LoRA B";
      break;
    case WeightParameter::kMask:
      text += " pruning mask";
      break;
    case WeightParameter::kScale:
      text += " scales and zeros";
      break;
  }
  if (!role.layers) return text;
  const auto [first, last] = *role.layers;
  if (first == last) return text + " of layer " + std::to_string(first);
  return text + " of layers " + std::to_string(first) + '-' + std::to_string(last);
}

namespace runtime {
namespace {

constexpr std::int64_t kMostTokenTypes = 4;

/// What a weight is for, whatever the layer.
using Purpose = std::pair<ModelPart, WeightParameter>;

/// The uses of one weight, layers gathered.
class Uses {
 public:
  void add(const Purpose& purpose, std::optional<std::size_t> layer) {
    auto at = std::find_if(uses_.begin(), uses_.end(),
                           [&](const auto& use) { return use.first == purpose; });
    if (at == uses_.end()) at = uses_.insert(uses_.end(), {purpose, {}});
    if (layer) at->second.insert(*layer);
  }
  bool empty() const { return uses_.empty(); }
  bool has(ModelPart part) const {
    return std::any_of(uses_.begin(), uses_.end(),
                       [&](const auto& use) { return use.first.first == part; });
  }

  std::vector<WeightRole> roles() {
    join_projections();
    std::vector<WeightRole> roles;
    for (const auto& [purpose, layers] : uses_) {
      WeightRole role{purpose.first, purpose.second, std::nullopt};
      if (layers.empty()) roles.push_back(role);
      for (const std::size_t layer : layers) {
        if (role.layers && layer == role.layers->last + 1) {
          roles.back().layers->last = role.layers->last = layer;
          continue;
        }
        role.layers = LayerRange{layer, layer};
        roles.push_back(role);
      }
    }
    return roles;
  }

 private:
  /// One matrix of which query, key and value each take a part.
  void join_projections() {
    for (const auto parameter : {WeightParameter::kWeight, WeightParameter::kBias}) {
      const auto find = [&](ModelPart part) {
        return std::find_if(uses_.begin(), uses_.end(),
                            [&](const auto& use) { return use.first == Purpose(part, parameter); });
      };
      const auto query = find(ModelPart::kQuery);
      const auto key = find(ModelPart::kKey);
      const auto value = find(ModelPart::kValue);
      if (query == uses_.end() || key == uses_.end() || value == uses_.end()) continue;
      if (query->second != key->second || key->second != value->second) continue;
      query->first.first = ModelPart::kQueryKeyValue;
      std::erase_if(uses_, [&](const auto& use) {
        return use.first == Purpose(ModelPart::kKey, parameter) ||
               use.first == Purpose(ModelPart::kValue, parameter);
      });
    }
  }

  std::vector<std::pair<Purpose, std::set<std::size_t>>> uses_;
};

bool is_table(ModelPart part) {
  return part == ModelPart::kWordEmbeddings || part == ModelPart::kPositionEmbeddings ||
         part == ModelPart::kTokenTypeEmbeddings || part == ModelPart::kRelativePositions;
}

/// Whether all elements are 0 or 1, and some are 0.
bool is_mask(const WeightInfo& weight) {
  if (weight.dtype == DType::kBool) return true;
  if (!weight.read || weight.dtype != DType::kFloat32) return false;
  const henson::Tensor elements = weight.read();
  bool zeros = false;
  for (const float number : elements.values<float>()) {
    if (number != 0 && number != 1) return false;
    zeros = zeros || number == 0;
  }
  return zeros;
}

class RoleFinder {
 public:
  RoleFinder(const Graph& fused, const Anatomy& anatomy, const Origins& origins,
             std::span<const WeightInfo> weights)
      : fused_(fused),
        anatomy_(anatomy),
        origins_(origins),
        weights_(weights),
        uses_(weights.size()) {}

  std::vector<std::vector<WeightRole>> run() {
    const Outline& outline = anatomy_.outline();
    for (StepId id = 0; id < outline.steps.size(); ++id) {
      const auto parts = anatomy_.parts().find(id);
      if (parts == anatomy_.parts().end()) continue;
      for (const StepPart& part : parts->second) give(outline[id], part);
    }
    for (const LoraPair& pair : anatomy_.adapters()) {
      const auto base = anatomy_.parts().find(pair.base);
      if (base == anatomy_.parts().end()) continue;
      for (const StepPart& part : base->second) {
        give_as(*outline[pair.a].weight, part, WeightParameter::kLoraA);
        give_as(*outline[pair.b].weight, part, WeightParameter::kLoraB);
      }
    }
    give_tables_of_picked_rows();
    std::vector<std::vector<WeightRole>> roles;
    for (Uses& uses : uses_) roles.push_back(uses.roles());
    return roles;
  }

 private:
  void give(const OutlineStep& step, const StepPart& part) {
    if (step.weight) give_as(*step.weight, part, WeightParameter::kWeight);
    if (step.bias) give_as(*step.bias, part, WeightParameter::kBias);
  }

  void give_as(ValueId id, const StepPart& part, WeightParameter parameter) {
    const std::vector<std::size_t> places = origins_.of(fused_, id);
    const bool is_matrix = anatomy_.sizes_of(id).value_or(std::vector<std::int64_t>()).size() == 2;
    const bool several =
        places.size() > 1 && std::any_of(places.begin(), places.end(), [&](std::size_t place) {
          return weights_[place].storage != weights_[places[0]].storage;
        });
    for (const std::size_t place : places) {
      WeightParameter own = parameter;
      const bool packed = is_matrix && weights_[place].shape.size() == 1;
      if (packed && parameter == WeightParameter::kWeight) {
        own = is_table(part.part) ? WeightParameter::kScale : WeightParameter::kBias;
      }
      if (several && !packed && is_mask(weights_[place])) own = WeightParameter::kMask;
      uses_[place].add({part.part, own}, part.layer);
    }
  }

  /// Of a table whose rows the code takes by numbers of its own, a pass may have left the rows.
  void give_tables_of_picked_rows() {
    const Outline& outline = anatomy_.outline();
    for (const OutlineStep& step : outline.steps) {
      const bool early = !step.outputs.empty() && outline.depth[step.outputs[0]] == 0;
      if (step.kind != OutlineStep::Kind::kOther || !early) continue;
      for (const ValueId id : step.weights) {
        for (const std::size_t place : origins_.of(fused_, id)) {
          const WeightInfo& weight = weights_[place];
          if (!weight.is_embedding_table || !uses_[place].empty()) continue;
          const bool types = weight.shape[0] <= kMostTokenTypes;
          uses_[place].add(
              {types ? ModelPart::kTokenTypeEmbeddings : ModelPart::kPositionEmbeddings,
               WeightParameter::kWeight},
              std::nullopt);
        }
      }
    }
  }

  const Graph& fused_;
  const Anatomy& anatomy_;
  const Origins& origins_;
  std::span<const WeightInfo> weights_;
  std::vector<Uses> uses_;
};

bool is_number_alone(std::string_view name) {
  constexpr std::string_view kPrefix = "CONSTANTS.c";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

std::string name_of_role(const WeightRole& role) {
  std::string name;
  if (role.layers) {
    name = "layer." + std::to_string(role.layers->first);
    if (role.layers->last != role.layers->first) name += '-' + std::to_string(role.layers->last);
    name += '.';
  }
  for (const char c : name_of(role.part)) {
    if (c != ',') name += c == ' ' || c == '-' ? '_' : c;
  }
  static constexpr std::string_view kParameters[] = {".weight", ".bias", ".lora_a",
                                                     ".lora_b", ".mask", ".scale"};
  return name + std::string(kParameters[static_cast<std::size_t>(role.parameter)]);
}

}  // namespace

std::vector<std::vector<WeightRole>> find_weight_roles(const Graph& fused, const Anatomy& anatomy,
                                                       const Origins& origins,
                                                       std::span<const WeightInfo> weights) {
  return RoleFinder(fused, anatomy, origins, weights).run();
}

std::string to_string(std::span<const WeightRole> roles) {
  constexpr std::size_t kMost = 4;
  std::string text;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (i == kMost && roles.size() > kMost + 1) {
      return text + " and " + std::to_string(roles.size() - kMost) + " more";
    }
    text += (i == 0 ? "" : ", ") + to_string(roles[i]);
  }
  return text;
}

std::vector<std::string> display_names(std::span<const WeightInfo> weights,
                                       std::span<const std::vector<WeightRole>> roles) {
  std::unordered_set<std::string> taken;
  for (const WeightInfo& weight : weights) taken.insert(weight.name);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    std::string name = weights[i].name;
    const bool named = i < roles.size() && !roles[i].empty() &&
                       roles[i][0].part != ModelPart::kOther && is_number_alone(name);
    if (named) {
      const std::string base = name_of_role(roles[i][0]);
      name = base;
      for (int n = 2; !taken.insert(name).second; ++n) name = base + '_' + std::to_string(n);
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace runtime
}  // namespace henson
