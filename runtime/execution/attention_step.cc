#include "runtime/execution/attention_step.h"

#include <algorithm>
#include <utility>

#include "kernels/attention.h"
#include "runtime/execution/arguments.h"
#include "runtime/execution/rows.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {
namespace {

// Queries that a thread takes at a time where there are few heads to share out.
constexpr std::size_t kQueriesAtOnce = 64;

/// Query, key or value with its heads apart: [batch, heads, length, width].
struct Heads {
  Tensor owner;
  std::int64_t batch = 0, heads = 0, length = 0, width = 0;
  std::int64_t batch_stride = 0, head_stride = 0, row_stride = 0;

  const float* at(std::int64_t b, std::int64_t h) const {
    return owner.data<float>() + b * batch_stride + h * head_stride;
  }
};

/// A tensor [B, L, heads * D], or [B, heads, L, D]; nothing when it is neither.
std::optional<Heads> heads_of(Allocator& memory, const Value& value, std::int64_t heads) {
  const auto* given = std::get_if<Tensor>(&value);
  if (given == nullptr || !given->defined() || given->dtype() != DType::kFloat32) {
    return std::nullopt;
  }
  const bool split = given->dim() == 4;
  if (!split && given->dim() != 3) return std::nullopt;
  Heads result;
  result.owner =
      given->sizes().back() > 1 && given->strides().back() != 1 ? given->clone(memory) : *given;
  const Dims& sizes = result.owner.sizes();
  const Dims& strides = result.owner.strides();
  result.batch = sizes[0];
  result.batch_stride = strides[0];
  if (split) {
    if (sizes[1] != heads) return std::nullopt;
    result.heads = heads;
    result.length = sizes[2];
    result.width = sizes[3];
    result.head_stride = strides[1];
    result.row_stride = strides[2];
  } else {
    if (heads <= 0 || sizes[2] % heads != 0) return std::nullopt;
    result.heads = heads;
    result.length = sizes[1];
    result.width = sizes[2] / heads;
    result.head_stride = result.width;
    result.row_stride = strides[1];
  }
  return result;
}

/// A mask or bias, seen as [batch, heads, queries, keys].
struct Grid {
  Tensor owner;  // undefined: there is none

  template <typename T>
  const T* at(std::int64_t b, std::int64_t h) const {
    if (!owner.defined()) return nullptr;
    return owner.data<T>() + b * owner.strides()[0] + h * owner.strides()[1];
  }
  std::size_t row_stride() const {
    return owner.defined() ? static_cast<std::size_t>(owner.strides()[2]) : 0;
  }
  std::size_t key_stride() const {
    return owner.defined() ? static_cast<std::size_t>(owner.strides()[3]) : 0;
  }
};

std::optional<Grid> grid_of(Allocator& memory, const Value& value, DType dtype, const Dims& sizes) {
  if (value.is_none()) return Grid{};
  const auto* given = std::get_if<Tensor>(&value);
  if (given == nullptr || !given->defined() || given->dtype() != dtype) return std::nullopt;
  if (given->dim() > 4) return std::nullopt;
  Tensor tensor = *given;
  if (tensor.dim() > 0 && tensor.sizes().back() > 1 && tensor.strides().back() != 1) {
    tensor = tensor.clone(memory);
  }
  if (broadcast_sizes(tensor.sizes(), sizes) != sizes) return std::nullopt;
  return Grid{expand_to(tensor, sizes)};
}

/// The attention of one frame.
struct FrameAttention {
  Heads q, k, v;
  Grid bias, fill;
  Heads y;
  Tensor weights;  // undefined: not asked for

  std::size_t first_task = 0;  // of those of all frames

  double multiply_adds() const {
    return static_cast<double>(q.batch * q.heads) *
           static_cast<double>(q.length * k.length * (q.width + v.width));
  }
};

class AttentionStep : public Step {
 public:
  explicit AttentionStep(const Node& node) : inputs_(node.inputs), outputs_(node.outputs) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    std::vector<FrameAttention> all;
    for (const Frame& frame : frames) {
      std::optional<FrameAttention> one = read(memory.scratch, frame);
      if (!one) return false;
      all.push_back(std::move(*one));
    }
    make_results(memory.results, frames, all);
    const std::size_t pairs = count_pairs(all);
    // Few heads, many queries: the queries are shared out too.
    const bool cut = pairs < 4 * workspace.team.size();
    std::size_t tasks = 0;
    std::size_t scratch = 0;
    for (FrameAttention& one : all) {
      workspace.multiply_adds += one.multiply_adds();
      one.first_task = tasks;
      tasks += static_cast<std::size_t>(one.q.batch * one.q.heads) * cuts(one, cut);
      scratch = std::max(scratch, kernels::attention_scratch(call_of(one, 0, 0)));
    }
    workspace.reserve(scratch, memory.scratch);
    workspace.team.for_each(tasks, [&](std::size_t task, std::size_t thread) {
      const auto next = std::upper_bound(
          all.begin(), all.end(), task,
          [](std::size_t t, const FrameAttention& one) { return t < one.first_task; });
      run_task(*std::prev(next), task, cut, workspace.floats(thread, scratch));
    });
    return true;
  }

  std::string describe() const override {
    std::string text = "attention, " + std::to_string(heads) + " heads";
    if (outputs_.size() > 1) text += ", weights returned";
    return text;
  }

  std::int64_t heads = 0;
  float scale = 1;
  float fill_value = 0;
  bool safe = false;
  bool merged = false;

 private:
  std::optional<FrameAttention> read(Allocator& memory, const Frame& frame) const {
    FrameAttention one;
    auto q = heads_of(memory, frame[inputs_[0]], heads);
    auto k = heads_of(memory, frame[inputs_[1]], heads);
    auto v = heads_of(memory, frame[inputs_[2]], heads);
    if (!q || !k || !v) return std::nullopt;
    const bool fit = q->batch == k->batch && k->batch == v->batch && q->width == k->width &&
                     k->length == v->length;
    if (!fit) return std::nullopt;
    const Dims sizes = {q->batch, heads, q->length, k->length};
    auto bias = grid_of(memory, frame[inputs_[5]], DType::kFloat32, sizes);
    auto fill = grid_of(memory, frame[inputs_[6]], DType::kBool, sizes);
    if (!bias || !fill) return std::nullopt;
    one.q = std::move(*q);
    one.k = std::move(*k);
    one.v = std::move(*v);
    one.bias = std::move(*bias);
    one.fill = std::move(*fill);
    return one;
  }

  /// Results lie as rows of all heads side by side, those of all frames below each other.
  void make_results(Allocator& memory, std::span<Frame> frames,
                    std::vector<FrameAttention>& all) const {
    const std::int64_t columns = heads * all.front().v.width;
    const auto stride = static_cast<std::int64_t>(row_stride(static_cast<std::size_t>(columns)));
    std::int64_t count = 0;
    for (const FrameAttention& one : all) count += one.q.batch * one.q.length;
    const Tensor rows = Tensor::empty(memory, DType::kFloat32, {count, stride});
    std::int64_t row = 0;
    for (std::size_t f = 0; f < frames.size(); ++f) {
      FrameAttention& one = all[f];
      const std::int64_t length = one.q.length;
      const std::int64_t width = one.v.width;
      const Tensor split =
          Tensor::view(DType::kFloat32, rows.buffer(), {one.q.batch, heads, length, width},
                       {length * stride, width, stride, 1}, row * stride);
      one.y = *heads_of(memory, split, heads);
      frames[f][outputs_[0]] = merged ? Tensor::view(DType::kFloat32, rows.buffer(),
                                                     {one.q.batch, length, heads * width},
                                                     {length * stride, stride, 1}, row * stride)
                                      : split;
      if (outputs_.size() > 1) {
        one.weights =
            Tensor::empty(memory, DType::kFloat32, {one.q.batch, heads, length, one.k.length});
        frames[f][outputs_[1]] = one.weights;
      }
      row += one.q.batch * length;
    }
  }

  static std::size_t count_pairs(const std::vector<FrameAttention>& all) {
    std::size_t pairs = 0;
    for (const FrameAttention& one : all) {
      pairs += static_cast<std::size_t>(one.q.batch * one.q.heads);
    }
    return pairs;
  }

  static std::size_t cuts(const FrameAttention& one, bool cut) {
    const auto queries = static_cast<std::size_t>(one.q.length);
    return cut ? std::max<std::size_t>(1, (queries + kQueriesAtOnce - 1) / kQueriesAtOnce) : 1;
  }

  kernels::Attention call_of(const FrameAttention& one, std::int64_t b, std::int64_t h) const {
    kernels::Attention call;
    call.q = one.q.at(b, h);
    call.k = one.k.at(b, h);
    call.v = one.v.at(b, h);
    call.q_stride = static_cast<std::size_t>(one.q.row_stride);
    call.k_stride = static_cast<std::size_t>(one.k.row_stride);
    call.v_stride = static_cast<std::size_t>(one.v.row_stride);
    call.queries = static_cast<std::size_t>(one.q.length);
    call.keys = static_cast<std::size_t>(one.k.length);
    call.width = static_cast<std::size_t>(one.q.width);
    call.value_width = static_cast<std::size_t>(one.v.width);
    call.scale = scale;
    call.bias = one.bias.at<float>(b, h);
    call.bias_row_stride = one.bias.row_stride();
    call.bias_key_stride = one.bias.key_stride();
    call.fill = one.fill.at<bool>(b, h);
    call.fill_row_stride = one.fill.row_stride();
    call.fill_key_stride = one.fill.key_stride();
    call.fill_value = fill_value;
    call.safe = safe;
    call.y = const_cast<float*>(one.y.at(b, h));  // made by make_results
    call.y_stride = static_cast<std::size_t>(one.y.row_stride);
    if (one.weights.defined()) {
      Tensor weights = one.weights;
      call.weights =
          weights.mutable_data<float>() + b * weights.strides()[0] + h * weights.strides()[1];
      call.weights_stride = static_cast<std::size_t>(weights.strides()[2]);
    }
    return call;
  }

  /// Queries between two looks at whether to stop.
  static std::size_t queries_at_once(const kernels::Attention& call) {
    const std::size_t cost =
        std::max<std::size_t>(1, call.keys * (call.width + call.value_width) * kQueriesAtOnce);
    return std::max<std::size_t>(1, kMultiplyAddsBetweenStops / cost) * kQueriesAtOnce;
  }

  void run_task(const FrameAttention& one, std::size_t task, bool cut, float* scratch) const {
    const std::size_t parts = cuts(one, cut);
    const std::size_t pair = (task - one.first_task) / parts;
    const std::size_t part = (task - one.first_task) % parts;
    const kernels::Attention call = call_of(one, static_cast<std::int64_t>(pair) / heads,
                                            static_cast<std::int64_t>(pair) % heads);
    const std::size_t last = call.queries * (part + 1) / parts;
    const std::size_t at_once = queries_at_once(call);
    for (std::size_t q = call.queries * part / parts; q < last; q += at_once) {
      stop_point();
      kernels::attend(call, q, std::min(last, q + at_once), scratch);
    }
  }

  std::vector<ValueId> inputs_, outputs_;
};

}  // namespace

// henson::attention(query, key, value, heads, scale, bias, fill, fill_value, safe, merged,
// as_query) Masks that would make the result larger than the query are left to the reference
// kernel.
std::unique_ptr<Step> make_attention(const Graph& graph, const Node& node) {
  const NodeArguments arguments(graph, node);
  const auto heads = arguments.number(3);
  const auto scale = arguments.number(4);
  const auto fill_value = arguments.number(7);
  const auto safe = arguments.flag(8);
  const auto merged = arguments.flag(9);
  if (!heads || !scale || !fill_value || !safe || !merged || *heads < 1) return nullptr;
  auto step = std::make_unique<AttentionStep>(node);
  step->heads = static_cast<std::int64_t>(*heads);
  step->scale = static_cast<float>(*scale);
  step->fill_value = static_cast<float>(*fill_value);
  step->safe = *safe;
  step->merged = *merged;
  return step;
}

}  // namespace henson::runtime
