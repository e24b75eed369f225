#include "runtime/execution/dense.h"

#include <algorithm>
#include <utility>

#include "kernels/aligned.h"
#include "kernels/layer_norm.h"
#include "runtime/execution/narrow_step.h"
#include "runtime/execution/thread_team.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {
namespace {

// Rows that go through a layer together, and of rows longer than 768 fewer: with their results they
// stay in L2 while the weights pass by.
constexpr std::size_t kGroupRows = 128;
constexpr std::size_t kGroupFloats = kGroupRows * 768;
// Below so many rows a thread, all threads work on the same rows.
constexpr std::size_t kLeastRows = 32;
// Blocks of columns that are packed between two looks at whether to stop.
constexpr std::size_t kBlocksAtOnce = 16;

/// The elements of a matrix for one pass over them: read for this alone while they lie in the
/// archive's file.
loader::StorageReading read_matrix(const Tensor& matrix) {
  const std::size_t size = size_of(matrix.dtype());
  const auto first = static_cast<std::size_t>(matrix.offset()) * size;
  if (matrix.numel() == 0) return matrix.buffer()->read_once(first, first);
  // No weight has a negative stride: the loader refuses them.
  const std::int64_t reach = (matrix.sizes()[0] - 1) * matrix.strides()[0] +
                             (matrix.sizes()[1] - 1) * matrix.strides()[1] + 1;
  return matrix.buffer()->read_once(first, first + static_cast<std::size_t>(reach) * size);
}

/// A matrix as float32.
class MatrixReading {
 public:
  explicit MatrixReading(const Tensor& matrix)
      : reading_(read_matrix(matrix)),
        view_{reinterpret_cast<const float*>(reading_.bytes.data()),
              static_cast<std::size_t>(matrix.sizes()[0]),
              static_cast<std::size_t>(matrix.sizes()[1]), matrix.strides()[0],
              matrix.strides()[1]} {
    const auto narrow = narrow_type(matrix.dtype());
    if (!narrow) return;
    const std::size_t count = reading_.bytes.size() / sizeof(std::uint16_t);
    widened_ = kernels::AlignedArray<float>(count);
    kernels::widen(*narrow, reinterpret_cast<const std::uint16_t*>(reading_.bytes.data()),
                   widened_.data(), count);
    view_.data = widened_.data();
  }

  const kernels::WeightView& view() const noexcept { return view_; }

 private:
  loader::StorageReading reading_;
  kernels::AlignedArray<float> widened_;
  kernels::WeightView view_;
};

bool same_elements(const Tensor& a, const Tensor& b) {
  return a.buffer() == b.buffer() && a.dtype() == b.dtype() && a.offset() == b.offset() &&
         a.sizes() == b.sizes() && a.strides() == b.strides();
}

const float* data_or_null(const std::vector<float>& values) {
  return values.empty() ? nullptr : values.data();
}

}  // namespace

std::string DenseLayer::describe() const {
  std::string text = std::to_string(weights->in) + " -> " + std::to_string(weights->out);
  const kernels::WeightType type = weights->packed->type();
  if (type != kernels::WeightType::kFloat32) text += " " + std::string(name_of(type));
  if (activation != kernels::Activation::kNone) {
    text += ", " + std::string(kernels::name_of(activation));
  }
  return text;
}

void Epilogue::apply(const float* x, const Rows& y, const Rows* residual, std::size_t first,
                     std::size_t last) const {
  if (empty()) return;
  kernels::LayerNorm norm;
  norm.x = x;
  norm.x_stride = y.stride;
  if (residual != nullptr) {
    norm.residual = residual->data + first * residual->stride;
    norm.residual_stride = residual->stride;
  }
  norm.y = y.data + first * y.stride;
  norm.y_stride = y.stride;
  norm.rows = last - first;
  norm.columns = y.columns;
  norm.weight = data_or_null(norm_weight);
  norm.bias = data_or_null(norm_bias);
  norm.epsilon = norm_epsilon;
  if (normalize) {
    kernels::layer_norm(norm);
  } else {
    kernels::add_residual(norm);
  }
}

std::string Epilogue::describe() const {
  std::string text;
  if (add_residual) text += ", residual";
  if (normalize) text += ", layer norm";
  return text;
}

RowSplit::RowSplit(const Rows& x, std::size_t threads) : rows(x.count), groups(0) {
  if (threads > 1 && rows < threads * kLeastRows) return;
  const std::size_t fit = kGroupFloats / std::max<std::size_t>(1, x.columns);
  const std::size_t most = std::clamp(fit, kLeastRows, kGroupRows);
  groups = (rows + most - 1) / most;
  // As many for each thread: a last one would keep the others waiting.
  if (groups < 32 * threads) groups = (groups + threads - 1) / threads * threads;
  groups = std::max<std::size_t>(1, groups);
}

std::shared_ptr<const LayerWeights> PackingList::add(std::vector<Tensor> matrices) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return std::equal(entry.matrices.begin(), entry.matrices.end(), matrices.begin(),
                      matrices.end(), same_elements);
  });
  if (known != entries_.end()) return known->weights;
  auto weights = std::make_shared<LayerWeights>();
  for (const Tensor& matrix : matrices) weights->out += static_cast<std::size_t>(matrix.sizes()[0]);
  weights->in = static_cast<std::size_t>(matrices.front().sizes()[1]);
  entries_.push_back({weights, std::move(matrices)});
  return weights;
}

namespace {

/// Weights that the archive holds in 8 bits.
std::unique_ptr<kernels::PackedWeights> pack_stored(const std::vector<Tensor>& matrices) {
  std::vector<loader::StorageReading> readings;
  std::vector<kernels::Int8View> views;
  for (const Tensor& matrix : matrices) {
    const loader::Quantization& quantization = *matrix.quantization();
    const std::byte* const bytes = readings.emplace_back(read_matrix(matrix)).bytes.data();
    views.push_back({reinterpret_cast<const std::int8_t*>(bytes),
                     static_cast<std::size_t>(matrix.sizes()[0]),
                     static_cast<std::size_t>(matrix.sizes()[1]), matrix.strides()[0],
                     matrix.strides()[1], quantization.scales.data(), quantization.per_channel});
  }
  return kernels::pack_int8_weights(views);
}

}  // namespace

std::unique_ptr<kernels::PackedWeights> PackingList::pack(const Entry& entry) const {
  if (entry.matrices.front().dtype() == DType::kQInt8) return pack_stored(entry.matrices);
  std::vector<MatrixReading> readings;
  std::vector<kernels::WeightView> views;
  for (const Tensor& matrix : entry.matrices) {
    views.push_back(readings.emplace_back(matrix).view());
  }
  const auto packed_as = [&](kernels::WeightType type) {
    auto packed = kernels::make_weights(entry.weights->out, entry.weights->in, type);
    for (std::size_t block = 0; block < packed->blocks(); block += kBlocksAtOnce) {
      stop_point();
      packed->fill(views, block, std::min(packed->blocks(), block + kBlocksAtOnce));
    }
    return packed;
  };
  const bool narrow = entry.matrices.front().dtype() == DType::kBFloat16;
  if (type_ == kernels::WeightType::kFloat32 && narrow) {
    return packed_as(kernels::WeightType::kBFloat16);
  }
  if (type_ != kernels::WeightType::kInt8) return packed_as(type_);
  if (entry.weights->out >= kLeastInt8Columns) {
    auto packed = packed_as(type_);
    if (packed->rounding_error() <= kMostRoundingError) return packed;
  }
  return packed_as(kernels::WeightType::kBFloat16);
}

void PackingList::pack(int threads) {
  ThreadTeam team(std::min(threads, static_cast<int>(entries_.size())));
  team.for_each(entries_.size(), [&](std::size_t e, std::size_t) {
    entries_[e].weights->packed = pack(entries_[e]);
    // The archive's own copy is needed no more; it comes back when something reads it after all.
    for (const Tensor& matrix : entries_[e].matrices) matrix.buffer()->release_pages();
  });
  entries_.clear();
}

}  // namespace henson::runtime
