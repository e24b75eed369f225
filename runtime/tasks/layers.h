// The small layers that may follow a pooling: what sentence-transformers' modules compute.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace henson::tasks {

enum class Activation {
  kIdentity,
  kTanh,
  kRelu,
  kRelu6,
  kGelu,
  kSigmoid,
  kSilu,
  kLeakyRelu,
  kElu,
  kSelu,
  kSoftplus,
  kSoftsign,
  kMish,
  kHardtanh,
  kHardsigmoid,
  kHardswish,
};

/// Of a class of torch.nn.modules, as fullname() writes it, with its default arguments; nothing for
/// others.
std::optional<Activation> activation_named(std::string_view name) noexcept;
/// "Tanh"
std::string_view name_of(Activation activation) noexcept;
float activate(Activation activation, float x) noexcept;

/// activation(x W^T + b), and what passes it by.
struct Dense {
  std::size_t in = 0;
  std::size_t out = 0;
  std::vector<float> weight;  // [out, in]
  std::vector<float> bias;    // [out], or empty
  Activation activation = Activation::kTanh;
  bool residual = false;               // x, or x times the next, is added
  std::vector<float> residual_weight;  // [out, in]; empty where in is out
};

struct LayerNorm {
  std::vector<float> weight;
  std::vector<float> bias;
};

/// The layer of one vector, in place.
void apply(const Dense& dense, std::vector<float>& row);
void apply(const LayerNorm& norm, std::vector<float>& row);
/// To length 1, as F.normalize does.
void normalize(std::span<float> row);

}  // namespace henson::tasks
