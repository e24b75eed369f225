// The model as blocks: which tensors make a layer, the embeddings, a head.
#pragma once

#include <string>
#include <vector>

#include "tools/tensor_rows.h"

namespace henson::tools::page {

/// What kinds of weights a block has, by colour.
enum class PartKind { kEmbeddings, kAttention, kFeedForward, kNorm, kHead, kOther };
inline constexpr std::size_t kPartKinds = 6;

/// "attention"
std::string name_of(PartKind kind);

struct ModelBlock {
  std::string name;  // "layer 3"
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> bytes_of_kind = std::vector<std::uint64_t>(kPartKinds);
};

/// In the archive's order, what has no known role at the end; of tensors over the same elements the
/// first counts.
std::vector<ModelBlock> model_blocks(std::span<const TensorRow> rows);

/// The same weight of every layer; null where a layer has none.
struct LayerWeights {
  std::string name;  // "query"
  std::size_t rank = 0;
  std::vector<const TensorRow*> layers;
};

/// Weights that three layers or more have.
std::vector<LayerWeights> layer_weights(std::span<const TensorRow> rows);

}  // namespace henson::tools::page
