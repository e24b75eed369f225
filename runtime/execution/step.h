// A node of a fused graph as the plan runs it: on fast kernels, for all frames together.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/aligned.h"
#include "runtime/execution/frame.h"
#include "runtime/execution/thread_team.h"
#include "runtime/tensor/allocator.h"

namespace henson::runtime {

/// Where a step's tensors come from.
struct StepMemory {
  Allocator& results;  // may outlive the run, where the caller gets them
  Allocator& scratch;  // the run's own
};

/// What steps share within one session, and what is kept between runs.
struct Workspace {
  explicit Workspace(std::shared_ptr<ThreadTeam> threads)
      : owner(std::move(threads)), team(*owner), scratch(team.size()) {}

  /// At least `size` floats for one thread alone, until it asks again.
  float* floats(std::size_t thread, std::size_t size) {
    scratch[thread].reserve(size);
    return scratch[thread].data();
  }
  /// Makes room for all threads before they start, so that none allocates. What is more than before
  /// counts in the run's memory.
  void reserve(std::size_t size, Allocator& memory);
  /// What the scratch holds, in bytes.
  std::size_t bytes() const noexcept;

  std::shared_ptr<ThreadTeam> owner;  // of the team, which other sessions may have too
  ThreadTeam& team;
  std::vector<kernels::AlignedArray<float>> scratch;
  std::vector<Charge> growth;  // of the scratch, in this run
  double multiply_adds = 0;    // of the products of this run's steps
};

class Step {
 public:
  Step() = default;
  virtual ~Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  /// Computes the node's results in every frame. False, with nothing done, when the values are not
  /// such as the kernels take: the node then runs on its reference kernel. May be called
  /// concurrently with other frames.
  virtual bool run(std::span<Frame> frames, Workspace& workspace,
                   const StepMemory& memory) const = 0;
  /// "linear 768 -> 3072, gelu".
  virtual std::string describe() const = 0;
};

/// Weights that are still to be packed: the plan packs those of all steps on all threads.
class PackingList;

/// The step of a node, or null when it has none.
std::unique_ptr<Step> make_step(const Graph& graph, const Node& node, PackingList& packing);

}  // namespace henson::runtime
