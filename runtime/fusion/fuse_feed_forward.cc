// Two linear layers after each other, the first one's result read by the second alone.
#include <utility>

#include "runtime/fusion/fuse.h"
#include "runtime/fusion/linear_node.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

void fuse_pair(GraphEditor& edit, ValueId result) {
  const Node* down = linear_of(edit, result);
  if (down == nullptr || parts_of(edit, *down).activation != "none") return;
  const ValueId wide = down->inputs[kLinearInput];
  const Node* up = linear_of(edit, wide);
  if (up == nullptr || !edit.single_reader(wide)) return;
  const LinearParts parts = parts_of(edit, *up);
  // Rows for weights of 8 bits have one scale, which takes the whole wide activation to be known.
  if (parts.residual || parts.norm || parts.int8 || parts_of(edit, *down).int8) return;
  Node pair = edit.call(
      "henson::feed_forward", "",
      {up->inputs[kLinearInput], up->inputs[kLinearWeight], up->inputs[kLinearBias],
       up->inputs[kLinearActivation], down->inputs[kLinearWeight], down->inputs[kLinearBias],
       down->inputs[kLinearResidual], down->inputs[kLinearNormWeight],
       down->inputs[kLinearNormBias], down->inputs[kLinearNormEps]},
      down->where);
  edit.replace(result, std::move(pair));
}

}  // namespace

void fuse_feed_forward(Graph& graph) {
  GraphEditor edit(graph);
  for (const NodeId id : edit.nodes()) {
    if (edit.alive(id) && edit.node(id).outputs.size() == 1) {
      fuse_pair(edit, edit.node(id).outputs[0]);
    }
  }
  edit.finish();
}

}  // namespace henson::runtime
