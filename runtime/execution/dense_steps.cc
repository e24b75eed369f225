#include <algorithm>
#include <utility>

#include "runtime/execution/arguments.h"
#include "runtime/execution/dense.h"

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
  return static_cast<double>(rows) * static_cast<double>(layer.weights->in()) *
         static_cast<double>(layer.weights->out());
}

ColumnRange all_columns(const DenseLayer& layer) { return {0, layer.weights->out()}; }

/// Some rows of x times some columns of the weights, with bias and activation, to y.
void run_layer(const DenseLayer& layer, const Rows& x, RowRange rows, ColumnRange columns, float* y,
               std::size_t y_stride) {
  layer.weights->multiply({.x = x.data + rows.first * x.stride,
                           .x_stride = x.stride,
                           .rows = rows.size(),
                           .y = y,
                           .y_stride = y_stride,
                           .bias = layer.bias_or_null(),
                           .first_column = columns.first,
                           .last_column = columns.last,
                           .first_in = 0,
                           .last_in = layer.weights->in()});
  kernels::activate(layer.activation, y, rows.size(), columns.last - columns.first, y_stride);
}

/// All rows, the threads sharing out the columns: each reads one piece of the weights from front to
/// back, which was measured to be faster than many small ones.
void run_by_columns(const DenseLayer& layer, const Rows& x, const Rows& y, ThreadTeam& team) {
  const std::size_t blocks = layer.weights->blocks();
  const std::size_t tasks = std::min(team.size(), blocks);
  team.for_each(tasks, [&](std::size_t task, std::size_t) {
    const std::size_t block = layer.weights->column_block();
    const ColumnRange columns{blocks * task / tasks * block,
                              std::min(layer.weights->out(), blocks * (task + 1) / tasks * block)};
    run_layer(layer, x, {0, x.count}, columns, y.data + columns.first, y.stride);
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
    if (!x || x->columns != layer.weights->in()) return false;
    const Residual residual =
        residual_of(memory.scratch, frames, epilogue, residual_, *x, layer.weights->out());
    if (!residual.usable) return false;
    workspace.multiply_adds += multiply_adds(layer, x->count);
    const Rows y = make_rows(memory.results, frames, input_, output_, layer.weights->out());
    const RowSplit split(x->count, workspace.team.size());
    if (!split.by_rows()) {
      run_by_columns(layer, *x, y, workspace.team);
      run_epilogue(epilogue, y, residual.get(), workspace.team);
      return true;
    }
    const GroupResult result(y, epilogue, split);
    workspace.reserve(result.scratch(), memory.scratch);
    workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t thread) {
      const RowRange rows{split.first(group), split.first(group + 1)};
      float* const sums = result.at(rows.first, workspace.floats(thread, result.scratch()));
      run_layer(layer, *x, rows, all_columns(layer), sums, y.stride);
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
    if (!x || x->columns != layer.weights->in()) return false;
    workspace.multiply_adds += multiply_adds(layer, x->count);
    const Rows y = make_rows(memory.results, frames, input_, output_, layer.weights->out());
    const RowSplit split(x->count, workspace.team.size());
    if (split.by_rows()) {
      workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t) {
        const RowRange rows{split.first(group), split.first(group + 1)};
        run_layer(layer, *x, rows, all_columns(layer), y.data + rows.first * y.stride, y.stride);
      });
    } else {
      run_by_columns(layer, *x, y, workspace.team);
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
    if (!x || x->columns != up.weights->in()) return false;
    const Residual residual =
        residual_of(memory.scratch, frames, epilogue, residual_, *x, down.weights->out());
    if (!residual.usable) return false;
    workspace.multiply_adds += multiply_adds(up, x->count) + multiply_adds(down, x->count);
    const Rows y = make_rows(memory.results, frames, input_, output_, down.weights->out());
    const RowSplit split(x->count, workspace.team.size());
    if (split.by_rows()) {
      run_by_rows(*x, y, residual.get(), split, workspace, memory.scratch);
    } else {
      const std::size_t stride = row_stride(up.weights->out());
      Tensor wide = Tensor::empty(memory.scratch, DType::kFloat32,
                                  {static_cast<std::int64_t>(x->count * stride)});
      const Rows between{wide, wide.mutable_data<float>(), stride, x->count, up.weights->out()};
      run_by_columns(up, *x, between, workspace.team);
      run_by_columns(down, between, y, workspace.team);
      run_epilogue(epilogue, y, residual.get(), workspace.team);
    }
    return true;
  }

  std::string describe() const override {
    return "feed forward " + up.describe() + " -> " + std::to_string(down.weights->out()) +
           epilogue.describe();
  }

  DenseLayer up, down;
  Epilogue epilogue;

 private:
  /// Columns of the wide activation at a time: all, where the products cannot be summed in parts.
  std::size_t chunk() const {
    const std::size_t out = up.weights->out();
    const std::size_t block = up.weights->column_block();
    return down.weights->splits_in() ? std::min(out, kChunkColumns / block * block) : out;
  }

  void run_by_rows(const Rows& x, const Rows& y, const Rows* residual, const RowSplit& split,
                   Workspace& workspace, Allocator& memory) const {
    const std::size_t stride = row_stride(chunk());
    const GroupResult result(y, epilogue, split);
    const std::size_t scratch = split.most() * stride + result.scratch();
    workspace.reserve(scratch, memory);
    workspace.team.for_each(split.groups, [&](std::size_t group, std::size_t thread) {
      const RowRange rows{split.first(group), split.first(group + 1)};
      float* const wide = workspace.floats(thread, scratch);
      float* const sums = result.at(rows.first, wide + split.most() * stride);
      run_group(x, rows, wide, stride, sums, y.stride);
      epilogue.apply(sums, y, residual, rows.first, rows.last);
    });
  }

  void run_group(const Rows& x, RowRange rows, float* wide, std::size_t stride, float* result,
                 std::size_t result_stride) const {
    const std::size_t between = up.weights->out();
    for (std::size_t column = 0; column < between; column += chunk()) {
      const ColumnRange columns{column, std::min(between, column + chunk())};
      run_layer(up, x, rows, columns, wide, stride);
      down.weights->multiply({.x = wide,
                              .x_stride = stride,
                              .rows = rows.size(),
                              .y = result,
                              .y_stride = result_stride,
                              .bias = down.bias_or_null(),
                              .first_column = 0,
                              .last_column = down.weights->out(),
                              .first_in = columns.first,
                              .last_in = columns.last,
                              .add_to_result = column > 0});
    }
    kernels::activate(down.activation, result, rows.size(), down.weights->out(), result_stride);
  }

  ValueId input_, residual_, output_;
};

/// A layer's weight and bias; nothing when these are not such as the kernels take.
struct LayerWeights {
  Tensor weight;
  std::vector<float> bias;
  std::size_t out() const { return static_cast<std::size_t>(weight.sizes()[0]); }
};

std::optional<LayerWeights> weights_of(const NodeArguments& arguments, std::size_t weight,
                                       std::size_t bias) {
  const std::optional<Tensor> matrix = arguments.matrix(weight);
  if (!matrix) return std::nullopt;
  auto numbers = arguments.vector(bias, static_cast<std::size_t>(matrix->sizes()[0]));
  if (!numbers) return std::nullopt;
  return LayerWeights{*matrix, std::move(*numbers)};
}

void set_layer(DenseLayer& layer, LayerWeights weights, PackingList& packing) {
  layer.bias = std::move(weights.bias);
  layer.weights = packing.add({std::move(weights.weight)});
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

// henson::linear(input, weight, bias, activation, residual, norm_weight, norm_bias, norm_eps)
std::unique_ptr<Step> make_linear(const Graph& graph, const Node& node, PackingList& packing) {
  const NodeArguments arguments(graph, node);
  std::optional<LayerWeights> weights = weights_of(arguments, 1, 2);
  const auto activation = arguments.activation(3);
  if (!weights || !activation) return nullptr;
  const auto epilogue = epilogue_of(arguments, 4, weights->out());
  if (!epilogue) return nullptr;
  auto step = std::make_unique<LinearStep>(arguments.id(0), arguments.id(4), node.outputs[0]);
  step->layer.activation = *activation;
  step->epilogue = *epilogue;
  set_layer(step->layer, std::move(*weights), packing);
  return step;
}

// henson::projections(input, weights, biases)
std::unique_ptr<Step> make_projections(const Graph& graph, const Node& node, PackingList& packing) {
  const NodeArguments arguments(graph, node);
  const auto weights = arguments.tensors(1);
  const auto biases = arguments.tensors(2);
  if (!weights || !biases || weights->empty() || weights->size() != biases->size()) return nullptr;
  auto step = std::make_unique<ProjectionsStep>(arguments.id(0), node.outputs[0]);
  for (std::size_t i = 0; i < weights->size(); ++i) {
    const Tensor& weight = (*weights)[i];
    if (!is_matrix(weight) || weight.sizes()[1] != weights->front().sizes()[1]) return nullptr;
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
  std::optional<LayerWeights> up = weights_of(arguments, 1, 2);
  std::optional<LayerWeights> down = weights_of(arguments, 4, 5);
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
