// Outlines of graphs: whatever the graph, the steps can run in their order, and nothing is lost.
#include "runtime/inspection/outline.h"

#include <gtest/gtest.h>

#include <set>

#include "runtime/analysis/data_flow.h"
#include "runtime/fusion/fuse.h"
#include "runtime/import/builder.h"
#include "runtime/inspection/anatomy.h"
#include "tests/runtime/random_graph.h"

namespace henson::runtime {
namespace {

void expect_order(const Outline& outline) {
  for (StepId id = 0; id < outline.steps.size(); ++id) {
    for (const ValueId input : outline[id].inputs) {
      ASSERT_LT(input, outline.maker.size());
      if (outline.maker[input]) {
        EXPECT_LT(*outline.maker[input], id);
      }
    }
    for (const ValueId output : outline[id].outputs) EXPECT_EQ(outline.maker[output], id);
  }
}

/// Every leaf that the inputs have a part in is made by a step, or is an input.
void expect_leaves(const Graph& graph, const Outline& outline) {
  const std::vector<bool> computed = computed_from_inputs(graph);
  std::set<ValueId> inputs;
  for (const GraphInput& input : graph.inputs) inputs.insert(input.value);
  for (const ValueId leaf : leaves_of(graph.output)) {
    EXPECT_TRUE(outline.is_output[leaf]);
    if (computed[leaf] && !inputs.contains(leaf)) {
      EXPECT_TRUE(outline.maker[leaf].has_value());
    }
  }
}

TEST(Outline, OfRandomPrograms) {
  constexpr std::uint64_t kPrograms = 150;
  for (std::uint64_t seed = 1; seed <= kPrograms; ++seed) {
    SCOPED_TRACE(seed);
    const auto archive = test::program_archive(test::random_program(seed).code);
    const Graph graph = build_graph(archive).graph;
    for (const Graph& form : {graph, fuse(graph)}) {
      const Outline outline = outline_of(form);
      expect_order(outline);
      expect_leaves(form, outline);
      EXPECT_LE(Anatomy(form, outline, {}).parts().size(), outline.steps.size());
    }
  }
}

}  // namespace
}  // namespace henson::runtime
