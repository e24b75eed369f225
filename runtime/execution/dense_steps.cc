#include <algorithm>
#include <utility>

#include "henson/error.h"
#include "kernels/aligned.h"
#include "kernels/int8_rows.h"
#include "runtime/execution/arguments.h"
#include "runtime/execution/dense.h"
#include "runtime/operators/quantization.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {
namespace {

// Columns of the wide activation that are made and used up at a time: they never leave the cache.
constexpr std::size_t kChunkColumns = 768;

struct RowRange {
  std::size_t first;
  std::size_t last;
  std::size_t size() const { return last - first; }
};

struct ColumnRange {
  std::size_t first;
  std::size_t last;
};

double multiply_adds(const DenseLayer& layer, std::size_t rows) {
  return static_cast<double>(rows) * static_cast<double>(layer.weights->in) *
         static_cast<double>(layer.weights->out);
}

ColumnRange all_columns(const DenseLayer& layer) { return {0, layer.weights->out}; }

/// Some rows of x, and what a product makes of them first; null where it reads them as they are.
struct LayerInput {
  kernels::Input rows;
  const std::byte* packed = nullptr;
};

/// How each row is to be quantized; empty where that is left to each row.
using RowScales = std::vector<kernels::RowScale>;

/// As the archive's operator does: from the least and the largest value of all rows of a frame.
RowScales scales_of(const DenseLayer& layer, const Rows& x, std::span<const Frame> frames,
                    ValueId input) {
  RowScales scales;
  if (!layer.reduce_range) return scales;
  const IntegerRange range = range_of(DType::kQUInt8);
  for (const Frame& frame : frames) {
    const std::size_t first = scales.size();
    const std::size_t rows =
        first + static_cast<std::size_t>(frame[input].as<Tensor>().numel()) / x.columns;
    kernels::ValueRange values;
    for (std::size_t r = first; r < rows; ++r) {
      const kernels::ValueRange row = kernels::value_range(x.data + r * x.stride, x.columns);
      values.least = std::min(values.least, row.least);
      values.most = std::max(values.most, row.most);
      values.finite = values.finite && row.finite;
    }
    if (!values.finite) {
      throw Error(ErrorCode::kBadInput, "quantization of values that are not finite");
    }
    const QuantizationParameters chosen =
        choose_parameters(values.least, values.most, range, *layer.reduce_range);
    scales.resize(rows, {static_cast<float>(chosen.scale), static_cast<float>(chosen.zero_point)});
  }
  return scales;
}

/// `scales`: of all rows of x.
kernels::Input input_of(const DenseLayer& layer, const Rows& x, RowRange rows,
                        const RowScales& scales = {}) {
  return {x.data + rows.first * x.stride,
          x.stride,
          rows.size(),
          0,
          layer.weights->in,
          scales.empty() ? nullptr : scales.data() + rows.first};
}

/// How many floats of scratch a packed input takes, aligned as it must be.
std::size_t scratch_floats(const DenseLayer& layer, const kernels::Input& input) {
  const std::size_t bytes = layer.weights->packed->packed_bytes(input);
  return (bytes + kernels::kAlignment - 1) / kernels::kAlignment * kernels::kAlignment /
         sizeof(float);
}

/// Packed into `scratch`, which has room for it.
LayerInput packed_input(const DenseLayer& layer, const kernels::Input& input, float* scratch) {
  const kernels::PackedWeights& weights = *layer.weights->packed;
  if (weights.packed_bytes(input) == 0) return {input};
  auto* const packed = reinterpret_cast<std::byte*>(scratch);
  weights.pack_input(input, packed);
  return {input, packed};
}

kernels::Product product_of(const LayerInput& x, ColumnRange columns, float* y,
                            std::size_t y_stride) {
  return {.x = x.rows.x,
          .x_stride = x.rows.x_stride,
          .packed = x.packed,
          .rows = x.rows.rows,
          .y = y,
          .y_stride = y_stride,
          .first_column = columns.first,
          .last_column = columns.last,
          .first_in = x.rows.first_in,
          .last_in = x.rows.last_in};
}

/// Columns of so many rows that are multiplied between two looks at whether to stop.
std::size_t columns_at_once(const LayerWeights& weights, std::size_t rows) {
  const std::size_t block = weights.packed->column_block();
  const std::size_t block_cost = std::max<std::size_t>(1, rows * weights.in * block);
  return std::max<std::size_t>(1, kMultiplyAddsBetweenStops / block_cost) * block;
}

/// Some rows times some columns of the weights, with bias and activation, to y.
void run_layer(const DenseLayer& layer, const LayerInput& x, ColumnRange columns, float* y,
               std::size_t y_stride) {
  const std::size_t at_once = columns_at_once(*layer.weights, x.rows.rows);
  for (std::size_t column = columns.first; column < columns.last; column += at_once) {
    stop_point();
    const ColumnRange part{column, std::min(columns.last, column + at_once)};
    kernels::Product product = product_of(x, part, y + (column - columns.first), y_stride);
    product.bias = layer.bias_or_null();
    layer.weights->packed->multiply(product);
  }
  kernels::activate(layer.activation, y, x.rows.rows, columns.last - columns.first, y_stride);
}

/// A group of rows times all columns: packed in `scratch` first, where the weights want that.
void run_group(const DenseLayer& layer, const Rows& x, RowRange rows, const RowScales& scales,
               float* scratch, float* y, std::size_t y_stride) {
  const LayerInput input = packed_input(layer, input_of(layer, x, rows, scales), scratch);
  run_layer(layer, input, all_columns(layer), y, y_stride);
}

/// Packs all rows, the threads sharing them out. A row's bytes lie where they lie without the
/// others.
void pack_rows(const DenseLayer& layer, const Rows& x, const RowScales& scales, std::byte* packed,
               ThreadTeam& team) {
  const std::size_t tasks = std::min(team.size(), x.count);
  team.for_each(tasks, [&](std::size_t task, std::size_t) {
    const RowRange rows{x.count * task / tasks, x.count * (task + 1) / tasks};
    const kernels::PackedWeights& weights = *layer.weights->packed;
    const std::size_t before = weights.packed_bytes(input_of(layer, x, {0, rows.first}));
    weights.pack_input(input_of(layer, x, rows, scales), packed + before);
  });
}

/// All rows, the threads sharing out the columns: each reads one piece of the weights from front to
/// back, which was measured to be faster than many small ones.
void run_by_columns(const DenseLayer& layer, const Rows& x, const RowScales& scales, const Rows& y,
                    ThreadTeam& team, Allocator& memory) {
  const kernels::Input all = input_of(layer, x, {0, x.count});
  const std::size_t bytes = layer.weights->packed->packed_bytes(all);
  Tensor scratch;
  LayerInput input{all};
  if (bytes > 0) {
    scratch = Tensor::empty(memory, DType::kUInt8, {static_cast<std::int64_t>(bytes)});
    auto* const packed = reinterpret_cast<std::byte*>(scratch.mutable_data<std::uint8_t>());
    pack_rows(layer, x, scales, packed, team);
    input.packed = packed;
  }
  const std::size_t blocks = layer.weights->packed->blocks();
  const std::size_t tasks = std::min(team.size(), blocks);
  team.for_each(tasks, [&](std::size_t task, std::size_t) {
    const std::size_t block = layer.weights->packed->column_block();
    const ColumnRange columns{blocks * task / tasks * block,
                              std::min(layer.weights->out, blocks * (task + 1) / tasks * block)};
    run_layer(layer, input, columns, y.data + columns.first, y.stride);
  });
}

/// The epilogue of all rows, the threads sharing them out.
void run_epilogue(const Epilogue& epilogue, const Rows& y, const Rows* residual, ThreadTeam& team) {
  if (epilogue.empty()) return;
  const std::size_t tasks = std::min(team.size(), y.count);
  team.for_each(tasks, [&](std::size_t task, std::size_t) {
    const std::size_t first = y.count * task / tasks;
    epilogue.apply(y.data + first * y.stride, y, residual, first, y.count * (task + 1) / tasks);
  });
}

/// The residual's rows; null when there is none. False when it is not such as the kernels take.
struct Residual {
  bool usable = true;
  std::optional<Rows> rows;
  const Rows* get() const { return rows ? &*rows : nullptr; }
};

Residual residual_of(Allocator& memory, std::span<const Frame> frames, const Epilogue& epilogue,
                     ValueId id, const Rows& x, std::size_t columns) {
  if (!epilogue.add_residual) return {};
  std::optional<Rows> rows = rows_of(memory, frames, id);
  if (!rows || rows->count != x.count || rows->columns != columns) return {false, std::nullopt};
  return {true, std::move(rows)};
}

/// Where a product leaves a group's rows: y, or, when an epilogue writes y row by row, an array of
/// the thread that stays in its cache. A tile writes two lines of each of its rows, and waits for
/// those of y to come from memory (128 rows, 768 -> 768, Zen 4: 112 against 115 Gop/s).
class GroupResult {
 public:
  GroupResult(const Rows& y, const Epilogue& epilogue, const RowSplit& split)
      : y_(y), scratch_(epilogue.empty() ? 0 : split.most() * y.stride) {}
  /// Floats of each thread.
  std::size_t scratch() const { return scratch_; }
  float* at(std::size_t first_row, float* scratch) const {
    return scratch_ > 0 ? scratch : y_.data + first_row * y_.stride;
  }

 private:
  const Rows& y_;
  std::size_t scratch_;
};

class LinearStep : public Step {
 public:
  LinearStep(ValueId input, ValueId residual, ValueId output)
      : input_(input), residual_(residual), output_(output) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    const std::optional<Rows> x = rows_of(memory.scratch, frames, input_);
    if (!x || x->columns != layer.weights->in) return false;
    const Residual residual =
        residual_of(memory.scratch, frames, epilogue, residual_, *x, layer.weights->out);
    if (!residual.usable) return false;
    workspace.multiply_adds += multiply_adds(layer, x->count);
    const RowScales scales = scales_of(layer, *x, frames, input_);
    const Rows y = make_rows(memory.results, frames, input_, output_, layer.weights->out);
    const RowSplit split(*x, workspace.team.size());
    if (!split.by_rows()) {
      run_by_columns(layer, *x, scales, y, workspace.team, memory.scratch);
      run_epilogue(epilogue, y, residual.get(), workspace.team);
      return true;
    }
    const GroupResult result(y, epilogue, split);
    const std::size_t packed = scratch_floats(layer, input_of(layer, *x, {0, split.most()}));
    const std::size_t scratch = packed + result.scratch();
    workspace.reserve(scratch, memory.scratch);
    workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t thread) {
      const RowRange rows{split.first(group), split.first(group + 1)};
      float* const own = workspace.floats(thread, scratch);
      float* const sums = result.at(rows.first, own + packed);
      run_group(layer, *x, rows, scales, own, sums, y.stride);
      epilogue.apply(sums, y, residual.get(), rows.first, rows.last);
    });
    return true;
  }

  std::string describe() const override {
    return "linear " + layer.describe() + epilogue.describe();
  }

  DenseLayer layer;
  Epilogue epilogue;

 private:
  ValueId input_, residual_, output_;
};

/// Several layers over the same input, as one product; each result is a part of its rows.
class ProjectionsStep : public Step {
 public:
  ProjectionsStep(ValueId input, ValueId output) : input_(input), output_(output) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    const std::optional<Rows> x = rows_of(memory.scratch, frames, input_);
    if (!x || x->columns != layer.weights->in) return false;
    workspace.multiply_adds += multiply_adds(layer, x->count);
    const RowScales scales = scales_of(layer, *x, frames, input_);
    const Rows y = make_rows(memory.results, frames, input_, output_, layer.weights->out);
    const RowSplit split(*x, workspace.team.size());
    if (split.by_rows()) {
      const std::size_t scratch = scratch_floats(layer, input_of(layer, *x, {0, split.most()}));
      workspace.reserve(scratch, memory.scratch);
      workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t thread) {
        const RowRange rows{split.first(group), split.first(group + 1)};
        run_group(layer, *x, rows, scales, workspace.floats(thread, scratch),
                  y.data + rows.first * y.stride, y.stride);
      });
    } else {
      run_by_columns(layer, *x, scales, y, workspace.team, memory.scratch);
    }
    for (Frame& frame : frames) frame[output_] = parts_of(frame[output_].as<Tensor>());
    return true;
  }

  std::string describe() const override {
    return std::to_string(outs.size()) + " projections " + layer.describe();
  }

  DenseLayer layer;
  std::vector<std::int64_t> outs;

 private:
  Value parts_of(const Tensor& all) const {
    std::vector<Value> parts;
    std::int64_t offset = all.offset();
    for (const std::int64_t out : outs) {
      Dims sizes = all.sizes();
      sizes.back() = out;
      parts.push_back(all.with_view(std::move(sizes), all.strides(), offset));
      offset += out;
    }
    return Value::list(std::move(parts));
  }

  ValueId input_, output_;
};

class FeedForwardStep : public Step {
 public:
  FeedForwardStep(ValueId input, ValueId residual, ValueId output)
      : input_(input), residual_(residual), output_(output) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    const std::optional<Rows> x = rows_of(memory.scratch, frames, input_);
    if (!x || x->columns != up.weights->in) return false;
    const Residual residual =
        residual_of(memory.scratch, frames, epilogue, residual_, *x, down.weights->out);
    if (!residual.usable) return false;
    workspace.multiply_adds += multiply_adds(up, x->count) + multiply_adds(down, x->count);
    const Rows y = make_rows(memory.results, frames, input_, output_, down.weights->out);
    const RowSplit split(*x, workspace.team.size());
    if (split.by_rows()) {
      run_by_rows(*x, y, residual.get(), split, workspace, memory.scratch);
    } else {
      const std::size_t stride = row_stride(up.weights->out);
      Tensor wide = Tensor::empty(memory.scratch, DType::kFloat32,
                                  {static_cast<std::int64_t>(x->count * stride)});
      const Rows between{wide, wide.mutable_data<float>(), stride, x->count, up.weights->out};
      run_by_columns(up, *x, {}, between, workspace.team, memory.scratch);
      run_by_columns(down, between, {}, y, workspace.team, memory.scratch);
      run_epilogue(epilogue, y, residual.get(), workspace.team);
    }
    return true;
  }

  std::string describe() const override {
    return "feed forward " + up.describe() + " -> " + std::to_string(down.weights->out) +
           epilogue.describe();
  }

  DenseLayer up, down;
  Epilogue epilogue;

 private:
  /// Columns of the wide activation at a time: a whole block of the product that sums them, and
  /// all where it cannot be cut.
  std::size_t chunk() const {
    const std::size_t out = up.weights->out;
    const std::size_t block = up.weights->packed->column_block();
    const std::size_t in_block = down.weights->packed->in_block();
    if (in_block >= out) return out;
    if (in_block > kChunkColumns / 2) return in_block;
    return std::min(out, kChunkColumns / (block * in_block) * (block * in_block));
  }

  /// Where a thread keeps what it works on, in floats: one behind the other.
  struct Places {
    std::size_t wide;    // a chunk of the wide activation
    std::size_t packed;  // rows of x
    std::size_t packed_wide;
    std::size_t sums;
    std::size_t size;
  };

  void run_by_rows(const Rows& x, const Rows& y, const Rows* residual, const RowSplit& split,
                   Workspace& workspace, Allocator& memory) const {
    const std::size_t stride = row_stride(chunk());
    const GroupResult result(y, epilogue, split);
    Places at{};
    at.packed = split.most() * stride;
    at.packed_wide = at.packed + scratch_floats(up, input_of(up, x, {0, split.most()}));
    at.sums = at.packed_wide + scratch_floats(down, {nullptr, stride, split.most(), 0, chunk()});
    at.size = at.sums + result.scratch();
    workspace.reserve(at.size, memory);
    workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t thread) {
      const RowRange rows{split.first(group), split.first(group + 1)};
      float* const own = workspace.floats(thread, at.size);
      float* const sums = result.at(rows.first, own + at.sums);
      run_group(packed_input(up, input_of(up, x, rows), own + at.packed), own + at.wide, stride,
                own + at.packed_wide, sums, y.stride);
      epilogue.apply(sums, y, residual, rows.first, rows.last);
    });
  }

  void run_group(const LayerInput& x, float* wide, std::size_t stride, float* packed_wide,
                 float* result, std::size_t result_stride) const {
    const std::size_t between = up.weights->out;
    for (std::size_t column = 0; column < between; column += chunk()) {
      const ColumnRange columns{column, std::min(between, column + chunk())};
      run_layer(up, x, columns, wide, stride);
      const kernels::Input part{wide, stride, x.rows.rows, columns.first, columns.last};
      kernels::Product product = product_of(packed_input(down, part, packed_wide),
                                            all_columns(down), result, result_stride);
      product.bias = down.bias_or_null();
      product.add_to_result = column > 0;
      down.weights->packed->multiply(product);
    }
    kernels::activate(down.activation, result, x.rows.rows, down.weights->out, result_stride);
  }

  ValueId input_, residual_, output_;
};

/// A layer's weight and bias; nothing when these are not such as the kernels take.
struct LayerConstants {
  Tensor weight;
  std::vector<float> bias;
  std::size_t out() const { return static_cast<std::size_t>(weight.sizes()[0]); }
};

std::optional<LayerConstants> weights_of(const NodeArguments& arguments, std::size_t weight,
                                         std::size_t bias) {
  const std::optional<Tensor> matrix = arguments.matrix(weight);
  if (!matrix) return std::nullopt;
  auto numbers = arguments.vector(bias, static_cast<std::size_t>(matrix->sizes()[0]));
  if (!numbers) return std::nullopt;
  return LayerConstants{*matrix, std::move(*numbers)};
}

void set_layer(DenseLayer& layer, LayerConstants weights, PackingList& packing) {
  layer.bias = std::move(weights.bias);
  layer.weights = packing.add({std::move(weights.weight)});
}

/// Whether the kernels have the numbers that rows are quantized to: where they add up in 16 bits,
/// 8 bits are too many.
bool can_quantize(const DenseLayer& layer) {
  return !layer.reduce_range || *layer.reduce_range || kernels::most_of_int8_rows() == 255;
}

/// residual, norm_weight, norm_bias, norm_eps: four arguments from `first` on.
std::optional<Epilogue> epilogue_of(const NodeArguments& arguments, std::size_t first,
                                    std::size_t columns) {
  Epilogue epilogue;

  epilogue.add_residual = !arguments.is_none(first);
  epilogue.normalize = !arguments.is_none(first + 3);
  if (!epilogue.normalize) return epilogue;
  auto weight = arguments.vector(first + 1, columns);
  auto bias = arguments.vector(first + 2, columns);
  const auto epsilon = arguments.number(first + 3);
  if (!weight || !bias || !epsilon) return std::nullopt;
  epilogue.norm_weight = std::move(*weight);
  epilogue.norm_bias = std::move(*bias);
  epilogue.norm_epsilon = static_cast<float>(*epsilon);
  return epilogue;
}

}  // namespace

// henson::linear(input, weight, bias, activation, residual, norm_weight, norm_bias, norm_eps,
// reduce_range)
std::unique_ptr<Step> make_linear(const Graph& graph, const Node& node, PackingList& packing) {
  const NodeArguments arguments(graph, node);
  std::optional<LayerConstants> weights = weights_of(arguments, 1, 2);
  const auto activation = arguments.activation(3);
  if (!weights || !activation) return nullptr;
  const auto epilogue = epilogue_of(arguments, 4, weights->out());
  if (!epilogue) return nullptr;
  auto step = std::make_unique<LinearStep>(arguments.id(0), arguments.id(4), node.outputs[0]);
  step->layer.activation = *activation;
  step->layer.reduce_range = arguments.flag(8);
  if (!can_quantize(step->layer)) return nullptr;
  step->epilogue = *epilogue;
  set_layer(step->layer, std::move(*weights), packing);
  return step;
}

// henson::projections(input, weights, biases, reduce_range)
std::unique_ptr<Step> make_projections(const Graph& graph, const Node& node, PackingList& packing) {
  const NodeArguments arguments(graph, node);
  const auto weights = arguments.tensors(1);
  const auto biases = arguments.tensors(2);
  if (!weights || !biases || weights->empty() || weights->size() != biases->size()) return nullptr;
  auto step = std::make_unique<ProjectionsStep>(arguments.id(0), node.outputs[0]);
  step->layer.reduce_range = arguments.flag(3);
  if (!can_quantize(step->layer)) return nullptr;
  for (std::size_t i = 0; i < weights->size(); ++i) {
    const Tensor& weight = (*weights)[i];
    if (!is_matrix(weight) || weight.sizes()[1] != weights->front().sizes()[1] ||
        is_quantized(weight.dtype()) != is_quantized(weights->front().dtype())) {
      return nullptr;
    }
    const auto out = static_cast<std::size_t>(weight.sizes()[0]);
    std::optional<std::vector<float>> bias = numbers_of((*biases)[i], out);
    if (!bias) return nullptr;
    bias->resize(out);
    step->layer.bias.insert(step->layer.bias.end(), bias->begin(), bias->end());
    step->outs.push_back(weight.sizes()[0]);
  }
  step->layer.weights = packing.add(*weights);
  return step;
}

// henson::feed_forward(input, up_weight, up_bias, activation, down_weight, down_bias, residual,
// norm_weight, norm_bias, norm_eps)
std::unique_ptr<Step> make_feed_forward(const Graph& graph, const Node& node,
                                        PackingList& packing) {
  const NodeArguments arguments(graph, node);
  std::optional<LayerConstants> up = weights_of(arguments, 1, 2);
  std::optional<LayerConstants> down = weights_of(arguments, 4, 5);
  const auto activation = arguments.activation(3);
  if (!up || !down || !activation || up->weight.sizes()[0] != down->weight.sizes()[1]) {
    return nullptr;
  }
  const auto epilogue = epilogue_of(arguments, 6, down->out());
  if (!epilogue) return nullptr;
  auto step = std::make_unique<FeedForwardStep>(arguments.id(0), arguments.id(6), node.outputs[0]);
  step->up.activation = *activation;
  step->epilogue = *epilogue;
  set_layer(step->up, std::move(*up), packing);
  set_layer(step->down, std::move(*down), packing);
  return step;
}

}  // namespace henson::runtime
