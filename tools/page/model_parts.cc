#include "tools/page/model_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "tools/folding.h"

namespace henson::tools::page {
namespace {

constexpr const char* kOther = "other, or not read";

/// The one layer that a tensor is of, by its role or else by its name.
std::optional<std::size_t> layer_of(const TensorRow& row) {
  if (!row.roles.empty()) {
    const std::optional<LayerRange>& layers = row.roles.front().layers;
    if (row.roles.size() > 1 || !layers || layers->first != layers->last) return std::nullopt;
    return layers->first;
  }
  const auto name = split_number(row.name);
  return name && name->number < 10000 ? std::optional(name->number) : std::nullopt;
}

PartKind kind_of_part(ModelPart part) {
  switch (part) {
    case ModelPart::kWordEmbeddings:
    case ModelPart::kPositionEmbeddings:
    case ModelPart::kTokenTypeEmbeddings:
    case ModelPart::kEmbeddingProjection:
      return PartKind::kEmbeddings;
    case ModelPart::kRelativePositions:
    case ModelPart::kQuery:
    case ModelPart::kKey:
    case ModelPart::kValue:
    case ModelPart::kQueryKeyValue:
    case ModelPart::kAttentionOutput:
      return PartKind::kAttention;
    case ModelPart::kFeedForwardIn:
    case ModelPart::kFeedForwardOut:
      return PartKind::kFeedForward;
    case ModelPart::kEmbeddingNorm:
    case ModelPart::kAttentionNorm:
    case ModelPart::kOutputNorm:
    case ModelPart::kFinalNorm:
    case ModelPart::kHeadNorm:
      return PartKind::kNorm;
    case ModelPart::kPooler:
    case ModelPart::kHeadTransform:
    case ModelPart::kDecoder:
    case ModelPart::kClassifier:
      return PartKind::kHead;
    default:
      return PartKind::kOther;
  }
}

PartKind kind_of_row(const TensorRow& row) {
  return row.roles.empty() ? PartKind::kOther : kind_of_part(row.roles.front().part);
}

std::string block_of(const TensorRow& row) {
  if (const auto layer = layer_of(row)) return "layer " + std::to_string(*layer);
  if (row.roles.empty()) return kOther;
  const WeightRole& role = row.roles.front();
  if (role.layers) {
    return "layers " + std::to_string(role.layers->first) + " to " +
           std::to_string(role.layers->last);
  }
  if (role.part == ModelPart::kEmbeddingNorm) return "embeddings";
  if (role.part == ModelPart::kPooler) return "pooler";
  const PartKind kind = kind_of_part(role.part);
  return kind == PartKind::kEmbeddings                                  ? "embeddings"
         : kind == PartKind::kHead || role.part == ModelPart::kHeadNorm ? "head"
         : kind == PartKind::kNorm                                      ? "final norm"
                                                                        : kOther;
}

/// What the curves call it.
std::string weight_name(const TensorRow& row) {
  return row.roles.empty() ? std::string(split_number(row.name)->suffix.substr(1))
                           : kind_of(row.role);
}

}  // namespace

std::string name_of(PartKind kind) {
  static constexpr auto kNames = std::to_array<const char*>(
      {"embeddings", "attention", "feed-forward", "norms", "heads", "other"});
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<ModelBlock> model_blocks(std::span<const TensorRow> rows) {
  std::vector<ModelBlock> blocks;
  std::set<std::string> met;
  for (const TensorRow& row : rows) {
    const WeightInfo& weight = *row.weight;
    met.insert(weight.name);
    const bool again = std::any_of(
        weight.same_as.begin(), weight.same_as.end(),
        [&](const std::string& other) { return other != weight.name && met.contains(other); });
    if (again) continue;
    const std::string name = block_of(row);
    auto block = std::find_if(blocks.begin(), blocks.end(),
                              [&](const ModelBlock& each) { return each.name == name; });
    if (block == blocks.end()) {
      blocks.emplace_back().name = name;
      block = blocks.end() - 1;
    }
    block->bytes += weight.bytes;
    block->elements += weight.bytes / size_of(weight.dtype);
    block->bytes_of_kind[static_cast<std::size_t>(kind_of_row(row))] += weight.bytes;
  }
  std::stable_partition(blocks.begin(), blocks.end(),
                        [](const ModelBlock& block) { return block.name != kOther; });
  return blocks;
}

std::vector<LayerWeights> layer_weights(std::span<const TensorRow> rows) {
  constexpr std::size_t kFewest = 3;
  std::vector<LayerWeights> found;
  for (const TensorRow& row : rows) {
    const auto layer = layer_of(row);
    if (!layer || !row.statistics) continue;
    const std::string name = weight_name(row);
    auto weights = std::find_if(found.begin(), found.end(),
                                [&](const LayerWeights& each) { return each.name == name; });
    if (weights == found.end()) {
      found.push_back({name, row.weight->shape.size(), {}});
      weights = found.end() - 1;
    }
    weights->layers.resize(std::max(weights->layers.size(), *layer + 1));
    weights->layers[*layer] = &row;
  }
  std::erase_if(found, [](const LayerWeights& weights) {
    return static_cast<std::size_t>(
               std::count_if(weights.layers.begin(), weights.layers.end(),
                             [](const TensorRow* row) { return row != nullptr; })) < kFewest;
  });
  return found;
}

}  // namespace henson::tools::page
