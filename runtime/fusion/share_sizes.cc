// size(x, 1) of whatever x becomes the size of an input, or of one early value, or a number: so
// that no value inside of a layer is kept for its size alone.

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "runtime/analysis/proven_shapes.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

/// Whose results stay in the graph, whatever is fused.
bool stays(const Node& node) {
  static const std::unordered_set<std::string> kNames = {"aten::layer_norm"};
  return node.kind == NodeKind::kOperator && kNames.contains(node.op->schema.name);
}

class SizeSharer {
 public:
  SizeSharer(GraphEditor& editor, const ProvenShapes& sizes) : editor_(editor), sizes_(sizes) {}

  void run() {
    for (const NodeId id : editor_.nodes()) {
      if (!editor_.alive(id)) continue;
      const Node& node = editor_.node(id);
      if (stays(node)) add_source(node.outputs[0]);
      const bool asks = node.kind == NodeKind::kOperator && node.op->schema.name == "aten::size" &&
                        node.inputs.size() == 2;
      if (asks) share(node);
    }
  }

 private:
  struct Source {
    Dimension size;
    ValueId value = 0;
    std::size_t dim = 0;
  };

  void add_source(ValueId value) {
    const auto dims = sizes_.dims(value);
    for (std::size_t d = 0; dims && d < dims->size(); ++d) {
      if (find((*dims)[d]) == nullptr) sources_.push_back({(*dims)[d], value, d});
    }
  }

  const Source* find(const Dimension& size) const {
    const auto found = std::find_if(sources_.begin(), sources_.end(),
                                    [&](const Source& source) { return source.size == size; });
    return found == sources_.end() ? nullptr : &*found;
  }

  void share(const Node& node) {
    const ValueId asked = node.outputs[0];
    const std::optional<Dimension> size = sizes_.number(asked);
    if (!size) return;
    if (const std::optional<std::int64_t> literal = size->literal()) {
      editor_.redirect(asked, editor_.add_constant(*literal));
    } else if (const auto input = sizes_.input_of(*size)) {
      put(node, editor_.graph().inputs[input->input].value, input->dim);
    } else if (const Source* const source = find(*size)) {
      put(node, source->value, source->dim);
    }
  }

  void put(const Node& node, ValueId value, std::size_t dim) {
    if (node.inputs[0] == value) return;
    const ValueId at = editor_.add_constant(static_cast<std::int64_t>(dim));
    editor_.replace(node.outputs[0], editor_.call("aten::size", "int", {value, at}, node.where));
  }

  GraphEditor& editor_;
  const ProvenShapes& sizes_;
  std::vector<Source> sources_;
};

}  // namespace

void share_sizes(Graph& graph) {
  const ProvenShapes sizes(graph);
  GraphEditor editor(graph);
  SizeSharer(editor, sizes).run();
  editor.finish();
}

}  // namespace henson::runtime
