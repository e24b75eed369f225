// A linear layer with packed weights, and what is done to its rows while they are in the cache.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "kernels/product.h"
#include "runtime/execution/rows.h"
#include "runtime/execution/step.h"

namespace henson::runtime {

/// Weights [out, in] as a product wants them. Layers with the same weights share them.
struct LayerWeights {
  std::size_t out = 0;
  std::size_t in = 0;
  std::unique_ptr<kernels::PackedWeights> packed;  // null until PackingList::pack
};

/// y = activation(x · Wᵀ + bias).
struct DenseLayer {
  std::shared_ptr<const LayerWeights> weights;
  std::vector<float> bias;  // empty: none
  kernels::Activation activation = kernels::Activation::kNone;
  // Of weights that the archive holds in 8 bits: all rows of a sequence's input are quantized with
  // one scale, which takes 7 bits or 8.
  std::optional<bool> reduce_range;

  const float* bias_or_null() const { return bias.empty() ? nullptr : bias.data(); }
  std::string describe() const;
};

/// y = layer norm(x + residual), row by row.
struct Epilogue {
  bool add_residual = false;
  bool normalize = false;
  std::vector<float> norm_weight;  // empty: none
  std::vector<float> norm_bias;    // likewise
  float norm_epsilon = 0;

  bool empty() const { return !add_residual && !normalize; }
  /// Rows from `first` to `last`. `x` is the first of them, with y's stride, and may be y's; an
  /// empty epilogue leaves them there. `residual` is null when there is none.
  void apply(const float* x, const Rows& y, const Rows* residual, std::size_t first,
             std::size_t last) const;
  std::string describe() const;
};

/// How the rows of one product are shared out: by rows, each thread reading all weights, or, when
/// there are few, by columns, each reading its own.
struct RowSplit {
  RowSplit(const Rows& x, std::size_t threads);
  bool by_rows() const { return groups > 0; }
  std::size_t first(std::size_t group) const { return rows * group / groups; }
  /// Rows of the largest group.
  std::size_t most() const { return (rows + groups - 1) / groups; }

  std::size_t rows;
  std::size_t groups;  // of rows; 0: by columns
};

class PackingList {
 public:
  /// Weights are packed as `type`, but for those that stay wider, and for those of bfloat16, which
  /// are not made float32: see pack().
  explicit PackingList(kernels::WeightType type) : type_(type) {}

  /// Weights, packed by pack(), of constant matrices [out, in] laid one below the other. The same
  /// matrices give the same weights.
  std::shared_ptr<const LayerWeights> add(std::vector<Tensor> matrices);
  /// Packs all, on so many threads. Throws henson::Error when the archive's file no longer holds
  /// what it held.
  ///
  /// In 8 bits stay out, and are packed as bfloat16: layers with fewer than kLeastInt8Columns
  /// outputs, which are heads, where a small error changes an answer and little is gained; and
  /// those whose weights would lose more than kMostRoundingError of their norm, or are not finite.
  void pack(int threads);

  static constexpr std::size_t kLeastInt8Columns = 64;
  static constexpr double kMostRoundingError = 0.03;

 private:
  struct Entry {
    std::shared_ptr<LayerWeights> weights;
    std::vector<Tensor> matrices;
  };
  std::unique_ptr<kernels::PackedWeights> pack(const Entry& entry) const;

  kernels::WeightType type_;
  std::vector<Entry> entries_;
};

/// henson::linear, henson::projections and henson::feed_forward.
std::unique_ptr<Step> make_linear(const Graph& graph, const Node& node, PackingList& packing);
std::unique_ptr<Step> make_projections(const Graph& graph, const Node& node, PackingList& packing);
std::unique_ptr<Step> make_feed_forward(const Graph& graph, const Node& node, PackingList& packing);

}  // namespace henson::runtime
