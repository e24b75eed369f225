// Sums of rows of tables, with the layer norm after them.
#include <cstddef>
#include <utility>
#include <vector>

#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

class EmbeddingsFuser {
 public:
  explicit EmbeddingsFuser(GraphEditor& edit) : edit_(edit) {}

  /// From the end, so that a sum is met before the sums within it.
  void run() {
    const std::vector<NodeId> nodes = edit_.nodes();
    for (auto id = nodes.rbegin(); id != nodes.rend(); ++id) {
      if (!edit_.alive(*id) || edit_.node(*id).outputs.size() != 1) continue;
      const ValueId result = edit_.node(*id).outputs[0];
      if (const Node* norm = edit_.call_of(result, "aten::layer_norm")) {
        fuse_norm(result, *norm);
      } else if (edit_.plain_add(result) != nullptr) {
        fuse(result, result, nullptr);
      }
    }
  }

 private:
  struct Sum {
    std::vector<ValueId> tables;
    std::vector<ValueId> indices;
    std::vector<ValueId> addends;
  };

  void fuse_norm(ValueId result, const Node& norm) {
    if (!edit_.single_reader(norm.inputs[0]) || !edit_.argument_number(norm, "eps")) return;
    for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
      if (!edit_.is_none(norm.inputs[i]) && edit_.weight(norm.inputs[i]) == nullptr) return;
    }
    fuse(result, norm.inputs[0], &norm);
  }

  /// `total` becomes the result, through the norm if there is one.
  void fuse(ValueId result, ValueId total, const Node* norm) {
    Sum sum;
    collect(total, true, sum);
    if (sum.tables.empty() || (norm == nullptr && sum.tables.size() < 2)) return;
    const auto width = edit_.weight(sum.tables[0])->size(1);
    if (norm != nullptr && edit_.integers(norm->inputs[1]) != Dims{width}) return;
    const NodeId place = *edit_.producer(result);
    const script::SourceLine where = edit_.node(place).where;
    const Type tensor{TypeKind::kTensor, {}};
    const ValueId none = edit_.add_constant(None{});
    std::vector<ValueId> inputs;
    for (std::vector<ValueId>* list : {&sum.tables, &sum.indices, &sum.addends}) {
      inputs.push_back(edit_.insert_list(place, std::move(*list), tensor));
    }
    for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
      inputs.push_back(norm != nullptr ? norm->inputs[i] : none);
    }
    inputs.push_back(norm != nullptr ? edit_.add_constant(*edit_.argument_number(*norm, "eps"))
                                     : none);
    edit_.replace(result, edit_.call("henson::embeddings", "", std::move(inputs), where));
  }

  void collect(ValueId id, bool root, Sum& sum) const {
    if (root || edit_.single_reader(id)) {
      if (const Node* add = edit_.plain_add(id)) {
        collect(add->inputs[0], false, sum);
        collect(add->inputs[1], false, sum);
        return;
      }
      const Node* rows = edit_.call_of(id, "aten::embedding");
      if (rows != nullptr && is_table(rows->inputs[0])) {
        sum.tables.push_back(rows->inputs[0]);
        sum.indices.push_back(rows->inputs[1]);
        return;
      }
    }
    sum.addends.push_back(id);
  }

  bool is_table(ValueId id) const {
    const Tensor* table = edit_.weight(id);
    return table != nullptr && table->dim() == 2;
  }

  GraphEditor& edit_;
};

}  // namespace

void fuse_embeddings(Graph& graph) {
  GraphEditor edit(graph);
  EmbeddingsFuser(edit).run();
  edit.finish();
}

}  // namespace henson::runtime
