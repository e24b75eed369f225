// A fused graph, ready to run fast: its weights packed, each fused node a step on the kernels.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/product.h"
#include "runtime/execution/frame.h"
#include "runtime/execution/step.h"
#include "runtime/graph/graph.h"
#include "runtime/tensor/buffer_pool.h"

namespace henson::runtime {

class Plan;

/// A step for people to read.
struct PlanLine {
  std::size_t node = 0;
  std::string text;
};

/// What one session needs to run plans: threads, and memory that grows to the largest run and is
/// used again. One run at a time.
class PlanSession {
 public:
  /// A run is refused what would take it past `memory_limit` bytes alive at once, or all that count
  /// in `shared` past the limit of that, where there is one.
  explicit PlanSession(std::shared_ptr<ThreadTeam> team, bool profile = false,
                       std::size_t memory_limit = MemoryCount::kNoLimit,
                       std::shared_ptr<MemoryCount> shared = nullptr)
      : memory_limit_(memory_limit),
        shared_(std::move(shared)),
        pool_(memory_limit),
        workspace_(std::move(team)),
        profile_(profile) {}

  /// The plan that ran last, or null, and how many seconds each of its nodes took in all runs since
  /// it followed another; empty without profile.
  const Plan* plan() const noexcept { return plan_; }
  std::span<const double> seconds() const noexcept { return seconds_; }
  /// For each of its nodes, whether a step did not take the values in some run, so that the node
  /// ran on its reference kernel. Empty without profile.
  const std::vector<bool>& fallbacks() const noexcept { return fallbacks_; }

  /// Multiply-adds of the products of the last run's steps.
  double multiply_adds() const noexcept { return workspace_.multiply_adds; }
  /// What is kept for later runs, in bytes.
  std::size_t memory() const noexcept;

 private:
  friend class Plan;
  std::size_t memory_limit_;
  std::shared_ptr<MemoryCount> shared_;  // by the sessions of a pool of threads; or null
  BufferPool pool_;                      // outlives the frames, which hold parts of it
  Workspace workspace_;
  const Plan* plan_ = nullptr;  // that the frames belong to
  std::vector<Frame> frames_;
  bool profile_;
  std::vector<double> seconds_;  // for each node
  std::vector<bool> fallbacks_;  // likewise
};

class Plan {
 public:
  /// Fuses a copy of the graph and packs its weights, on so many threads, as `type` where they may
  /// be (PackingList::pack).
  Plan(const Graph& graph, int threads, kernels::WeightType type = kernels::WeightType::kFloat32);

  /// Runs sequences that have nothing to do with each other, as one: for each, one value for each
  /// of graph.inputs, and the result has one value for each leaf of graph.output. Each gets the
  /// very bits that it gets alone. Throws henson::Error with the line of the code. May be called
  /// concurrently with different sessions.
  std::vector<std::vector<Value>> run(PlanSession& session,
                                      std::span<const std::vector<Value>> inputs) const;

  /// A line for each step: what it does and where it stands in the code; steps on reference kernels
  /// are marked.
  std::vector<PlanLine> describe() const;

  const Graph& graph() const noexcept { return graph_; }

 private:
  void enter(PlanSession& session, std::size_t frames) const;
  void run_steps(std::span<Frame> frames, PlanSession& session, const StepMemory& memory) const;
  void run_step(std::size_t node, std::span<Frame> frames, PlanSession& session,
                const StepMemory& memory) const;
  std::vector<Value> outputs_of(Allocator& memory, const Frame& frame) const;

  Graph graph_;
  FramePlan frames_;
  std::vector<std::unique_ptr<Step>> steps_;  // for each node, or null
  std::vector<bool> makes_output_;            // for each node
};

}  // namespace henson::runtime
