#include "runtime/execution/row_steps.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "runtime/execution/arguments.h"
#include "runtime/execution/narrow_step.h"
#include "runtime/execution/rows.h"

namespace henson::runtime {
namespace {

/// Weight, bias and epsilon of a layer norm, with what a kernel call takes of them.
struct Norm {
  std::vector<float> weight;  // empty: none
  std::vector<float> bias;    // likewise
  float epsilon = 0;

  void apply(float* y, std::size_t stride, std::size_t rows, std::size_t columns) const {
    kernels::layer_norm({.x = y,
                         .x_stride = stride,
                         .y = y,
                         .y_stride = stride,
                         .rows = rows,
                         .columns = columns,
                         .weight = weight.empty() ? nullptr : weight.data(),
                         .bias = bias.empty() ? nullptr : bias.data(),
                         .epsilon = epsilon});
  }
};

/// Three arguments from `first` on: weight, bias, epsilon.
std::optional<Norm> norm_of(const NodeArguments& arguments, std::size_t first,
                            std::size_t columns) {
  auto weight = arguments.vector(first, columns);
  auto bias = arguments.vector(first + 1, columns);
  const auto epsilon = arguments.number(first + 2);
  if (!weight || !bias || !epsilon) return std::nullopt;
  return Norm{std::move(*weight), std::move(*bias), static_cast<float>(*epsilon)};
}

/// Shares rows out to the threads.
template <class Work>
void for_rows(std::size_t rows, ThreadTeam& team, const Work& work) {
  constexpr std::size_t kLeast = 16;  // rows that are worth a thread
  const std::size_t tasks = std::max<std::size_t>(1, std::min(4 * team.size(), rows / kLeast));
  team.for_each(tasks, [&](std::size_t task, std::size_t) {
    work(rows * task / tasks, rows * (task + 1) / tasks);
  });
}

class LayerNormStep : public Step {
 public:
  LayerNormStep(ValueId input, ValueId output, std::size_t columns, Norm norm)
      : input_(input), output_(output), columns_(columns), norm_(std::move(norm)) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    const std::optional<Rows> x = rows_of(memory.scratch, frames, input_);
    if (!x || x->columns != columns_) return false;
    const Rows y = make_rows(memory.results, frames, input_, output_, columns_);
    for_rows(x->count, workspace.team, [&](std::size_t first, std::size_t last) {
      kernels::add_residual({.x = x->data + first * x->stride,
                             .x_stride = x->stride,
                             .y = y.data + first * y.stride,
                             .y_stride = y.stride,
                             .rows = last - first,
                             .columns = columns_});
      norm_.apply(y.data + first * y.stride, y.stride, last - first, columns_);
    });
    return true;
  }

  std::string describe() const override { return "layer norm " + std::to_string(columns_); }

 private:
  ValueId input_, output_;
  std::size_t columns_;
  Norm norm_;
};

/// A tensor that is added up row by row, seen with the result's leading sizes.
struct Addend {
  Tensor owner;
  const float* row(std::int64_t index, const Dims& sizes) const {
    return owner.data<float>() + offset_of(owner, index, sizes);
  }
  /// Where element `index` of the leading sizes lies.
  static std::int64_t offset_of(const Tensor& tensor, std::int64_t index, const Dims& sizes) {
    std::int64_t offset = 0;
    for (std::size_t d = sizes.size(); d-- > 0; index /= sizes[d]) {
      offset += index % sizes[d] * tensor.strides()[d];
    }
    return offset;
  }
};

/// What one frame's embeddings are made of, all broadcast to the same leading sizes.
struct FrameSum {
  Dims sizes;                   // without the columns
  std::vector<Tensor> indices;  // int64, one for each table
  std::vector<Addend> addends;
  std::size_t first_row = 0;  // of the rows of all frames
};

/// The tensors of a list. (What the list was made of has gone from the frame.)
std::optional<std::vector<Tensor>> tensors_in(const Value& value) {
  const auto* const list = std::get_if<std::shared_ptr<ListValue>>(&value);
  if (list == nullptr) return std::nullopt;
  std::vector<Tensor> tensors;
  for (const Value& item : (*list)->items) {
    const auto* const tensor = std::get_if<Tensor>(&item);
    if (tensor == nullptr || !tensor->defined()) return std::nullopt;
    tensors.push_back(*tensor);
  }
  return tensors;
}

class EmbeddingsStep : public Step {
 public:
  /// `indices` and `addends` are lists of tensors.
  EmbeddingsStep(std::vector<Tensor> tables, ValueId indices, ValueId addends, ValueId output,
                 std::optional<Norm> norm)
      : tables_(std::move(tables)),
        indices_(indices),
        addends_(addends),
        output_(output),
        norm_(std::move(norm)) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    std::vector<FrameSum> sums;
    std::size_t count = 0;
    for (const Frame& frame : frames) {
      std::optional<FrameSum> sum = read(memory.scratch, frame);
      if (!sum) return false;
      sum->first_row = count;
      count += static_cast<std::size_t>(numel_of(sum->sizes));
      sums.push_back(std::move(*sum));
    }
    const std::size_t stride = row_stride(columns());
    Tensor all = make_results(memory.results, frames, sums, count, stride);
    float* const data = all.mutable_data<float>();
    for_rows(count, workspace.team, [&](std::size_t first, std::size_t last) {
      for (const FrameSum& sum : sums) write_rows(sum, first, last, data, stride);
      if (norm_) norm_->apply(data + first * stride, stride, last - first, columns());
    });
    return true;
  }

  std::string describe() const override {
    std::string text = "embeddings, " + std::to_string(tables_.size()) + " tables";
    return text + (norm_ ? ", layer norm" : "");
  }

 private:
  std::size_t columns() const { return static_cast<std::size_t>(tables_.front().sizes()[1]); }

  std::optional<FrameSum> read(Allocator& memory, const Frame& frame) const {
    FrameSum sum;
    std::optional<std::vector<Tensor>> indices = tensors_in(frame[indices_]);
    std::optional<std::vector<Tensor>> addends = tensors_in(frame[addends_]);
    if (!indices || !addends || indices->size() != tables_.size()) return std::nullopt;
    for (Tensor& each : *indices) {
      if (each.dtype() == DType::kInt32) each = each.to(memory, DType::kInt64);
      if (each.dtype() != DType::kInt64) return std::nullopt;
      sum.sizes = broadcast_sizes(sum.sizes, each.sizes());
    }
    sum.indices = std::move(*indices);
    for (Tensor& addend : *addends) {
      if (addend.dtype() != DType::kFloat32 || addend.dim() == 0 ||
          addend.sizes().back() != static_cast<std::int64_t>(columns())) {
        return std::nullopt;
      }
      if (addend.strides().back() != 1 && columns() > 1) addend = addend.clone(memory);
      Dims leading = addend.sizes();
      leading.pop_back();
      sum.sizes = broadcast_sizes(sum.sizes, leading);
    }
    if (sum.sizes.empty()) return std::nullopt;
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      if (!within_table(memory, sum.indices[t], tables_[t])) {
        return std::nullopt;  // the reference kernel says what is wrong
      }
      sum.indices[t] = expand_to(sum.indices[t], sum.sizes);
    }
    for (const Tensor& addend : *addends) {
      Dims sizes = sum.sizes;
      sizes.push_back(static_cast<std::int64_t>(columns()));
      sum.addends.push_back({expand_to(addend, sizes)});
    }
    return sum;
  }

  static bool within_table(Allocator& memory, const Tensor& indices, const Tensor& table) {
    const Tensor dense = indices.contiguous(memory);
    const auto* const first = dense.data<std::int64_t>();
    return std::all_of(first, first + dense.numel(),
                       [&](std::int64_t index) { return index >= 0 && index < table.sizes()[0]; });
  }

  Tensor make_results(Allocator& memory, std::span<Frame> frames, const std::vector<FrameSum>& sums,
                      std::size_t count, std::size_t stride) const {
    const auto step = static_cast<std::int64_t>(stride);
    Tensor all = Tensor::empty(memory, DType::kFloat32, {static_cast<std::int64_t>(count), step});
    for (std::size_t f = 0; f < frames.size(); ++f) {
      Dims sizes = sums[f].sizes;
      Dims strides = contiguous_strides(sizes);
      for (std::int64_t& each : strides) each *= step;
      sizes.push_back(static_cast<std::int64_t>(columns()));
      strides.push_back(1);
      frames[f][output_] =
          Tensor::view(DType::kFloat32, all.buffer(), std::move(sizes), std::move(strides),
                       static_cast<std::int64_t>(sums[f].first_row) * step);
    }
    return all;
  }

  /// Those of rows [first, last) of all frames that are this frame's.
  void write_rows(const FrameSum& sum, std::size_t first, std::size_t last, float* data,
                  std::size_t stride) const {
    const std::size_t rows = static_cast<std::size_t>(numel_of(sum.sizes));
    const std::size_t begin = std::max(first, sum.first_row);
    const std::size_t end = std::min(last, sum.first_row + rows);
    std::vector<kernels::TableRow> parts(tables_.size() + sum.addends.size());
    for (std::size_t row = begin; row < end; ++row) {
      const auto index = static_cast<std::int64_t>(row - sum.first_row);
      for (std::size_t t = 0; t < tables_.size(); ++t) {
        const std::int64_t entry =
            sum.indices[t]
                .data<std::int64_t>()[Addend::offset_of(sum.indices[t], index, sum.sizes)];
        parts[t] = table_row(tables_[t], entry);
      }
      for (std::size_t a = 0; a < sum.addends.size(); ++a) {
        parts[tables_.size() + a] = {sum.addends[a].row(index, sum.sizes), std::nullopt};
      }
      kernels::sum_rows(parts.data(), parts.size(), data + row * stride, columns());
    }
  }

  kernels::TableRow table_row(const Tensor& table, std::int64_t entry) const {
    const std::int64_t at = entry * table.strides()[0];
    const auto narrow = narrow_type(table.dtype());
    if (narrow) return {table.part<std::uint16_t>(at, columns()), narrow};
    return {table.part<float>(at, columns()), std::nullopt};
  }

  std::vector<Tensor> tables_;
  ValueId indices_, addends_, output_;
  std::optional<Norm> norm_;
};

bool is_table(const Tensor& table, std::int64_t columns) {
  return is_matrix(table) && !is_quantized(table.dtype()) && table.sizes()[1] == columns &&
         (table.strides()[1] == 1 || columns == 1);
}

}  // namespace

// aten::layer_norm(input, normalized_shape, weight, bias, eps, cudnn_enable)
std::unique_ptr<Step> make_layer_norm(const Graph& graph, const Node& node) {
  const NodeArguments arguments(graph, node);
  const auto shape = arguments.numbers(1);
  if (!shape || shape->size() != 1 || shape->front() < 1) return nullptr;
  const auto columns = static_cast<std::size_t>(shape->front());
  auto norm = norm_of(arguments, 2, columns);
  if (!norm) return nullptr;
  return std::make_unique<LayerNormStep>(arguments.id(0), node.outputs[0], columns,
                                         std::move(*norm));
}

// henson::embeddings(tables, indices, addends, norm_weight, norm_bias, norm_eps)
std::unique_ptr<Step> make_embeddings(const Graph& graph, const Node& node) {
  const NodeArguments arguments(graph, node);
  auto tables = arguments.tensors(0);
  if (!tables || tables->empty()) return nullptr;
  if (!is_matrix(tables->front())) return nullptr;
  const std::int64_t columns = tables->front().sizes()[1];
  for (const Tensor& table : *tables) {
    if (!is_table(table, columns)) return nullptr;
  }
  std::optional<Norm> norm;
  if (!arguments.is_none(5)) {
    norm = norm_of(arguments, 3, static_cast<std::size_t>(columns));
    if (!norm) return nullptr;
  }
  return std::make_unique<EmbeddingsStep>(std::move(*tables), node.inputs[1], node.inputs[2],
                                          node.outputs[0], std::move(norm));
}

}  // namespace henson::runtime
