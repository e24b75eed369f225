#include "runtime/execution/frame.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "henson/error.h"
#include "runtime/execution/explain_ids.h"
#include "runtime/graph/aliases.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

void run_unpack(const Node& node, Frame& values) {
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&values[node.inputs[0]]);
  const std::size_t wanted = node.outputs.size();
  if (list == nullptr || (*list)->items.size() != wanted) {
    const std::size_t given = list == nullptr ? 0 : (*list)->items.size();
    throw Error(ErrorCode::kBadInput,
                "the code takes exactly " + std::to_string(wanted) + " parts, and there are " +
                    std::to_string(given) +
                    " at this shape: the trace holds a size of its dummy input");
  }
  for (std::size_t i = 0; i < wanted; ++i) values[node.outputs[i]] = (*list)->items[i];
}

void run_operator(Allocator& memory, const Node& node, Frame& values) {
  std::vector<Value> arguments;
  arguments.reserve(node.inputs.size());
  for (const ValueId id : node.inputs) arguments.push_back(values[id]);
  std::vector<Value> results(node.outputs.size());
  Call call(memory, arguments, results);
  node.op->kernel(call);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    values[node.outputs[i]] = std::move(results[i]);
  }
}

void run_sequence(const Node& node, Frame& values) {
  std::vector<Value> items;
  for (const ValueId id : node.inputs) items.push_back(values[id]);
  values[node.outputs[0]] =
      node.kind == NodeKind::kList ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

}  // namespace

[[noreturn]] void fail_at(const Node& node, const Error& error) {
  if (!error.place().entry.empty() || error.code() == ErrorCode::kCancelled) throw error;
  const std::string what =
      node.kind == NodeKind::kOperator ? node.op->schema.name + ": " : std::string();
  throw_at(node.where, error.code(), what + error.message());
}

[[noreturn]] void fail_without_memory_at(const Node& node) {
  fail_at(node, Error(ErrorCode::kOutOfMemory, "the system has no memory left"));
}

FramePlan::FramePlan(const Graph& graph)
    : graph_(graph),
      leaves_(leaves_of(graph.output)),
      is_output_(graph.values.size(), false),
      dying_(graph.nodes.size()) {
  std::vector<std::size_t> last(graph.values.size(), kNever);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const ValueId id : graph.nodes[n].inputs) last[id] = n;
    for (const ValueId id : graph.nodes[n].outputs) last[id] = n;
  }
  for (const ValueId id : leaves_) {
    last[id] = kNever;
    is_output_[id] = true;
  }
  for (ValueId id = 0; id < last.size(); ++id) {
    if (last[id] != kNever && !graph.values[id].constant) dying_[last[id]].push_back(id);
  }
  find_written_values();
}

void FramePlan::find_written_values() {
  written_ = written_values(graph_);
  for (ValueId id = 0; id < graph_.values.size(); ++id) {
    const std::optional<Value>& constant = graph_.values[id].constant;
    if (!written_[id] || !constant || !constant->is<Tensor>()) continue;
    const std::shared_ptr<Buffer>& buffer = constant->as<Tensor>().buffer();
    const bool known = std::any_of(written_buffers_.begin(), written_buffers_.end(),
                                   [&](const WrittenBuffer& w) { return w.buffer == buffer; });
    if (!known) written_buffers_.push_back({buffer, {}});
  }
  for (ValueId id = 0; id < graph_.values.size() && !written_buffers_.empty(); ++id) {
    const std::optional<Value>& constant = graph_.values[id].constant;
    if (!constant || !constant->is<Tensor>()) continue;
    for (WrittenBuffer& written : written_buffers_) {
      if (constant->as<Tensor>().buffer() == written.buffer) written.constants.push_back(id);
    }
  }
}

void FramePlan::renew_written_constants(Allocator& memory, Frame& frame) const {
  for (const WrittenBuffer& written : written_buffers_) {
    const std::shared_ptr<Buffer> copy = memory.allocate(written.buffer->size());
    std::memcpy(copy->mutable_data(), written.buffer->data(), written.buffer->size());
    for (const ValueId id : written.constants) {
      const Tensor& tensor = graph_.values[id].constant->as<Tensor>();
      frame[id] =
          Tensor::view(tensor.dtype(), copy, tensor.sizes(), tensor.strides(), tensor.offset());
    }
  }
}

Frame FramePlan::new_frame() const {
  Frame frame(graph_.values.size());
  for (ValueId id = 0; id < frame.size(); ++id) {
    if (graph_.values[id].constant) frame[id] = *graph_.values[id].constant;
  }
  return frame;
}

void FramePlan::start(Allocator& memory, Frame& frame, std::span<const Value> inputs) const {
  renew_written_constants(memory, frame);
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const ValueId id = graph_.inputs[i].value;
    const auto* tensor = std::get_if<Tensor>(&inputs[i]);
    frame[id] = tensor != nullptr && written_[id] ? Value(tensor->clone(memory)) : inputs[i];
  }
}

void FramePlan::run_node(Allocator& memory, std::size_t index, Frame& frame) const {
  const Node& node = graph_.nodes[index];
  try {
    stop_point();
    switch (node.kind) {
      case NodeKind::kOperator:
        run_operator(memory, node, frame);
        break;
      case NodeKind::kUnpack:
        run_unpack(node, frame);
        break;
      case NodeKind::kList:
      case NodeKind::kTuple:
        run_sequence(node, frame);
        break;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) fail_at(node, error);
    if (const auto text = explain_ids(graph_, node, frame)) {
      throw_at(node.where, ErrorCode::kBadInput, *text);
    }
    fail_at(node, error);
  } catch (const std::bad_alloc&) {
    fail_without_memory_at(node);
  }
}

void FramePlan::finish_node(std::size_t node, Frame& frame) const {
  for (const ValueId id : dying_[node]) frame[id] = None{};
}

void FramePlan::clear(Frame& frame) const {
  for (ValueId id = 0; id < frame.size(); ++id) {
    if (!graph_.values[id].constant) frame[id] = None{};
  }
}

std::vector<Value> FramePlan::outputs(const Frame& frame) const {
  std::vector<Value> outputs;
  for (const ValueId id : leaves_) outputs.push_back(frame[id]);
  return outputs;
}

}  // namespace henson::runtime
