// In-place operators whose target nothing else sees become the plain ones: `embeddings +=
// positions` is how many models are written, and a value that is written can be fused with nothing.
#include <algorithm>

#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"
#include "runtime/graph/static_types.h"

namespace henson::runtime {
namespace {

bool same_arguments(const Schema& a, const Schema& b) {
  return std::equal(
      a.arguments.begin(), a.arguments.end(), b.arguments.begin(), b.arguments.end(),
      [](const Argument& x, const Argument& y) { return x.type == y.type && !y.alias.write; });
}

/// aten::add of aten::add_.
const Operator* plain_operator(const Operator& in_place) {
  std::string name = in_place.schema.name;
  if (!name.ends_with('_') || name.ends_with("__")) return nullptr;
  name.pop_back();
  for (const Operator* op : OperatorTable::get().overloads(name)) {
    const bool same_versions = op->versions.first == in_place.versions.first &&
                               op->versions.last == in_place.versions.last;
    if (op->schema.overload == in_place.schema.overload && same_versions &&
        op->schema.results.size() == 1 && same_arguments(in_place.schema, op->schema)) {
      return op;
    }
  }
  return nullptr;
}

/// Whether a result of the node may share memory with argument `id`.
bool shares(const Node& node, ValueId id) {
  if (node.kind != NodeKind::kOperator) return true;
  const Schema& schema = node.op->schema;
  for (std::size_t a = 0; a < node.inputs.size(); ++a) {
    if (node.inputs[a] == id && schema.arguments[a].alias.set != 0) return true;
  }
  return false;
}

/// Whether the memory of a value was made by its producer, for nobody else.
bool is_fresh(const GraphEditor& edit, ValueId id) {
  const std::optional<NodeId> maker = edit.producer(id);
  if (!maker || edit.node(*maker).kind != NodeKind::kOperator) return false;
  const Node& node = edit.node(*maker);
  return node.outputs.size() == 1 && node.op->schema.result_aliases[0].set == 0 &&
         node.op->schema.results[0].kind == TypeKind::kTensor;
}

/// Whether after the write only its result is looked at.
bool only_result_is_seen(const GraphEditor& edit, NodeId write, ValueId target) {
  if (edit.is_output(target)) return false;
  const std::vector<NodeId>& readers = edit.readers(target);
  return std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
    return reader == write || (edit.before(reader, write) && !shares(edit.node(reader), target));
  });
}

bool keeps_dtype(const GraphEditor& edit, const Operator& plain, const Node& node) {
  const std::optional<DType> own = edit.value(node.inputs[0]).dtype;
  return own && infer_dtypes_of(edit.graph(), plain, node.inputs)[0].dtype == own;
}

}  // namespace

void functionalize(Graph& graph) {
  GraphEditor edit(graph);
  for (const NodeId id : edit.nodes()) {
    const Node& node = edit.node(id);
    if (!writes(node) || node.outputs.size() != 1) continue;
    const Operator* plain = plain_operator(*node.op);
    if (plain == nullptr || !node.op->schema.arguments[0].alias.write) continue;
    const ValueId target = node.inputs[0];
    if (std::count(node.inputs.begin(), node.inputs.end(), target) != 1) continue;
    if (!is_fresh(edit, target) || !only_result_is_seen(edit, id, target)) continue;
    if (!keeps_dtype(edit, *plain, node)) continue;
    edit.replace(node.outputs[0], {NodeKind::kOperator, plain, node.inputs, {}, node.where});
  }
  edit.finish();
}

}  // namespace henson::runtime
