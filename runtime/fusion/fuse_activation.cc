// Activations that are written out become operators.
#include <string>

#include "runtime/fusion/activation_forms.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"

namespace henson::runtime {

void fuse_activation(Graph& graph) {
  GraphEditor edit(graph);
  for (const NodeId id : edit.nodes()) {
    if (!edit.alive(id) || edit.node(id).outputs.size() != 1) continue;
    const ValueId result = edit.node(id).outputs[0];
    if (edit.call_of(result, {"aten::mul", "aten::div", "aten::true_divide"}) == nullptr) continue;
    const auto form = match_activation(edit, result);
    if (!form) continue;
    const script::SourceLine where = edit.node(id).where;
    if (form->activation == "silu") {
      edit.replace(result, edit.call("aten::silu", "", {form->x}, where));
    } else if (form->activation != "gelu_quick") {  // that one is no operator by itself
      const ValueId kind =
          edit.add_constant(std::string(form->activation == "gelu_tanh" ? "tanh" : "none"));
      edit.replace(result, edit.call("aten::gelu", "", {form->x, kind}, where));
    }
  }
  edit.finish();
}

}  // namespace henson::runtime
