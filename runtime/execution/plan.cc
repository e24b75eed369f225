#include "runtime/execution/plan.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "henson/error.h"
#include "runtime/execution/dense.h"
#include "runtime/fusion/fuse.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {
namespace {

/// What a run leaves behind when it ends, in whatever way: no values, a pool in one piece, and
/// nothing that counts but what the caller has.
class RunEnd {
 public:
  RunEnd(const FramePlan& plan, std::span<Frame> frames, BufferPool& pool, Workspace& workspace)
      : plan_(plan), frames_(frames), pool_(pool), workspace_(workspace) {}
  ~RunEnd() {
    for (Frame& frame : frames_) plan_.clear(frame);
    pool_.settle();
    workspace_.growth.clear();
  }
  RunEnd(const RunEnd&) = delete;
  RunEnd& operator=(const RunEnd&) = delete;

 private:
  const FramePlan& plan_;
  std::span<Frame> frames_;
  BufferPool& pool_;
  Workspace& workspace_;
};

/// A value that may outlive the run: tensors of the session's pool are copied.
Value outliving(Allocator& memory, const Value& value) {
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    return tensor->defined() && tensor->buffer()->pooled() ? Value(tensor->clone(memory)) : value;
  }
  const auto copies = [&memory](const std::vector<Value>& items) {
    std::vector<Value> result;
    for (const Value& item : items) result.push_back(outliving(memory, item));
    return result;
  };
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) {
    return Value::list(copies((*list)->items));
  }
  if (const auto* tuple = std::get_if<std::shared_ptr<TupleValue>>(&value)) {
    return Value::tuple(copies((*tuple)->items));
  }
  return value;
}

std::vector<std::unique_ptr<Step>> make_steps(const Graph& graph, PackingList& packing) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const Node& node : graph.nodes) steps.push_back(make_step(graph, node, packing));
  return steps;
}

}  // namespace

void Workspace::reserve(std::size_t size, Allocator& memory) {
  const std::size_t before = bytes();
  const std::size_t wanted = scratch.size() * size * sizeof(float);
  if (wanted <= before) return;
  check_machine_has(wanted - before);
  growth.push_back(memory.charge(wanted - before));
  for (auto& array : scratch) array.reserve(size);
}

std::size_t Workspace::bytes() const noexcept {
  std::size_t floats = 0;
  for (const auto& array : scratch) floats += array.size();
  return floats * sizeof(float);
}

std::size_t PlanSession::memory() const noexcept { return pool_.capacity() + workspace_.bytes(); }

Plan::Plan(const Graph& graph, int threads, kernels::WeightType type)
    : graph_(fuse(graph)), frames_(graph_), makes_output_(graph_.nodes.size()) {
  PackingList packing(type);
  steps_ = make_steps(graph_, packing);
  packing.pack(threads);
  stop_point();  // whatever was left undone because of it does not stay
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const std::vector<ValueId>& outputs = graph_.nodes[n].outputs;
    makes_output_[n] = std::any_of(outputs.begin(), outputs.end(),
                                   [&](ValueId id) { return frames_.is_output(id); });
  }
}

void Plan::run_step(std::size_t node, std::span<Frame> frames, PlanSession& session,
                    const StepMemory& memory) const {
  // What the caller gets is made where it may stay.
  Allocator& results = makes_output_[node] ? memory.results : memory.scratch;
  if (steps_[node] != nullptr) {
    try {
      stop_point();
      if (steps_[node]->run(frames, session.workspace_, {results, memory.scratch})) return;
    } catch (const Error& error) {
      fail_at(graph_.nodes[node], error);
    } catch (const std::bad_alloc&) {
      fail_without_memory_at(graph_.nodes[node]);
    }
    if (session.profile_) session.fallbacks_[node] = true;
  }
  for (Frame& frame : frames) frames_.run_node(results, node, frame);
}

void Plan::run_steps(std::span<Frame> frames, PlanSession& session,
                     const StepMemory& memory) const {
  for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
    if (session.profile_) {
      const auto start = std::chrono::steady_clock::now();
      run_step(node, frames, session, memory);
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      session.seconds_[node] += passed.count();
    } else {
      run_step(node, frames, session, memory);
    }
    for (Frame& frame : frames) frames_.finish_node(node, frame);
  }
}

std::vector<Value> Plan::outputs_of(Allocator& memory, const Frame& frame) const {
  std::vector<Value> outputs = frames_.outputs(frame);
  for (Value& output : outputs) output = outliving(memory, output);
  return outputs;
}

void Plan::enter(PlanSession& session, std::size_t frames) const {
  if (session.plan_ != this) {
    session.plan_ = nullptr;  // until all is as this plan needs it
    session.frames_.clear();
    const std::size_t watched = session.profile_ ? graph_.nodes.size() : 0;
    session.seconds_.assign(watched, 0.0);
    session.fallbacks_.assign(watched, false);
  }
  session.plan_ = this;
  session.workspace_.multiply_adds = 0;
  while (session.frames_.size() < frames) session.frames_.push_back(frames_.new_frame());
}

std::vector<std::vector<Value>> Plan::run(PlanSession& session,
                                          std::span<const std::vector<Value>> inputs) const {
  enter(session, inputs.size());
  const std::span<Frame> frames = std::span(session.frames_).first(inputs.size());
  const Charge kept(session.shared_, session.workspace_.bytes());
  const auto count = std::make_shared<MemoryCount>(session.memory_limit_,
                                                   session.workspace_.bytes(), session.shared_);
  RunMemory scratch(count, &session.pool_);
  RunMemory lasting(count);
  const RunEnd end(frames_, frames, session.pool_, session.workspace_);
  for (std::size_t f = 0; f < frames.size(); ++f) frames_.start(scratch, frames[f], inputs[f]);
  run_steps(frames, session, {.results = lasting, .scratch = scratch});
  std::vector<std::vector<Value>> results;
  for (const Frame& frame : frames) results.push_back(outputs_of(lasting, frame));
  return results;
}

std::vector<PlanLine> Plan::describe() const {
  std::vector<PlanLine> lines;
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    if (node.kind != NodeKind::kOperator) continue;  // lists and tuples compute nothing
    const std::string what =
        steps_[n] != nullptr ? steps_[n]->describe() : node.op->schema.name + " (reference)";
    lines.push_back({n, what + "  " + to_string(node.where)});
  }
  return lines;
}

}  // namespace henson::runtime
