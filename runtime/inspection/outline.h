// A fused graph as the parts that weights belong to: lookups, products, norms, activations and
// attentions, and what stands between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace henson::runtime {

struct OutlineStep {
  enum class Kind { kLookup, kProduct, kNorm, kActivation, kAttention, kOther };
  Kind kind = Kind::kOther;
  /// Values that are computed and whose elements it reads: a lookup's indices, a product's one
  /// factor, an attention's query, key and value and what else it takes.
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<ValueId> weights;  // a table; a matrix, or none, and its bias; of others, constants
  std::optional<ValueId> weight;
  std::optional<ValueId> bias;
  bool turned = false;        // a matrix of [inputs, outputs], where a linear layer's is the other
  std::optional<double> eps;  // of a norm
  std::string name;           // of an activation: "gelu"; of others the operator's
  std::optional<std::int64_t> heads;   // of an attention
  std::optional<ValueId> scores_bias;  // of an attention: what is added to its scores
  bool softmax = false;
  bool mixes = false;  // a product of two computed values
};

using StepId = std::size_t;

/// The steps in an order in which they can run. Where one node of the graph is several steps, the
/// values between them have numbers that the graph does not know.
struct Outline {
  std::vector<OutlineStep> steps;
  std::vector<std::optional<StepId>> maker;  // of each value
  std::vector<std::vector<StepId>> readers;  // of each value
  std::vector<bool> is_output;               // of each value
  std::vector<std::size_t> depth;            // of each value: attentions on the way to it, at most

  const OutlineStep& operator[](StepId step) const { return steps[step]; }
  const OutlineStep* maker_of(ValueId value) const {
    return maker[value] ? &steps[*maker[value]] : nullptr;
  }

  /// Asks `go_on(step)` of the step that makes a value and, where the answer is yes, of those that
  /// make what it reads. Each value is met once.
  template <typename GoOn>
  void walk_back(ValueId value, const GoOn& go_on) const {
    walk(value, [&](ValueId met, auto& open) {
      if (!maker[met] || !go_on(*maker[met])) return;
      const std::vector<ValueId>& inputs = steps[*maker[met]].inputs;
      open.insert(open.end(), inputs.begin(), inputs.end());
    });
  }

  /// Asks `go_on(step, read)` of the steps that read a value and, where the answer is yes, of those
  /// that read what they make. Each value is met once.
  template <typename GoOn>
  void walk_on(ValueId value, const GoOn& go_on) const {
    walk(value, [&](ValueId met, auto& open) {
      for (const StepId reader : readers[met]) {
        if (!go_on(reader, met)) continue;
        const std::vector<ValueId>& outputs = steps[reader].outputs;
        open.insert(open.end(), outputs.begin(), outputs.end());
      }
    });
  }

 private:
  /// `next(value, open)` adds to `open` what is met behind a value.
  template <typename Next>
  static void walk(ValueId from, const Next& next) {
    std::set<ValueId> seen;
    std::vector<ValueId> open{from};
    while (!open.empty()) {
      const ValueId value = open.back();
      open.pop_back();
      if (seen.insert(value).second) next(value, open);
    }
  }
};

/// `graph`: fused, or not; where a pass did not fit, less is found.
Outline outline_of(const Graph& graph);

}  // namespace henson::runtime
