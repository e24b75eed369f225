// What follows from constants alone is computed once, equal computations become one, and steps that
// change nothing go.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <unordered_set>

#include "runtime/analysis/compute_node.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"
#include "runtime/graph/node_traits.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {
namespace {

/// How much larger than what it was made of a folded tensor may be.
constexpr std::int64_t kSpareBytes = std::int64_t{1} << 20;

std::int64_t bytes_of(const Tensor& tensor) {
  return tensor.numel() * static_cast<std::int64_t>(size_of(tensor.dtype()));
}

/// A tensor and the lists of them, as one walk.
template <typename F>
void visit_tensors(const Value& value, F&& f) {
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    if (tensor->defined()) f(*tensor);
  } else if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) {
    for (const Value& item : (*list)->items) visit_tensors(item, f);
  } else if (const auto* tuple = std::get_if<std::shared_ptr<TupleValue>>(&value)) {
    for (const Value& item : (*tuple)->items) visit_tensors(item, f);
  }
}

// --- Constants -----------------------------------------------------------------------------------

class ConstantFolder {
 public:
  explicit ConstantFolder(GraphEditor& edit) : edit_(edit) {}

  void run() {
    for (const NodeId node : edit_.nodes()) {
      if (edit_.alive(node) && edit_.pure(node)) fold(node);
    }
  }

 private:
  void fold(NodeId id) {
    const Node& node = edit_.node(id);
    std::vector<Value> inputs;
    for (const ValueId input : node.inputs) {
      std::optional<Value> known = constant(input);
      if (!known) return;
      inputs.push_back(std::move(*known));
    }
    if (node.kind == NodeKind::kUnpack) return unpack(id, inputs[0]);
    if (node.kind != NodeKind::kOperator || may_be_large(node, inputs)) return;
    std::optional<std::vector<Value>> results = compute_node(node, inputs);
    if (results && !outgrows(inputs, *results)) edit_.make_constant(id, *std::move(results));
  }

  /// The value of a constant, or of a list of them.
  std::optional<Value> constant(ValueId id) const {
    if (!edit_.stable(id)) return std::nullopt;
    if (const std::optional<Value>& known = edit_.value(id).constant) return known;
    const auto items = edit_.items(id);
    if (!items) return std::nullopt;
    std::vector<Value> values;
    for (const ValueId item : *items) {
      std::optional<Value> known = constant(item);
      if (!known) return std::nullopt;
      values.push_back(std::move(*known));
    }
    return Value::list(std::move(values));
  }

  void unpack(NodeId id, const Value& list) {
    const auto* held = std::get_if<std::shared_ptr<ListValue>>(&list);
    if (held == nullptr || (*held)->items.size() != edit_.node(id).outputs.size()) return;
    edit_.make_constant(id, (*held)->items);
  }

  /// Whether computing it may take memory out of proportion to its inputs. Views take none.
  static bool may_be_large(const Node& node, const std::vector<Value>& inputs) {
    const std::vector<Alias>& aliases = node.op->schema.result_aliases;
    if (std::all_of(aliases.begin(), aliases.end(), [](Alias alias) { return alias.set != 0; })) {
      return false;
    }
    std::vector<Tensor> tensors;
    for (const Value& input : inputs) {
      visit_tensors(input, [&](const Tensor& tensor) { tensors.push_back(tensor); });
    }
    return numbers_are_large(inputs, tensors.empty()) || broadcasts_far(tensors);
  }

  /// Sizes of tensors that are made from nothing, or repeated.
  static bool numbers_are_large(const std::vector<Value>& inputs, bool without_tensors) {
    for (const Value& input : inputs) {
      double product = 1;
      if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&input)) {
        for (const Value& item : (*list)->items) {
          const auto* size = std::get_if<std::int64_t>(&item);
          if (size != nullptr) product *= static_cast<double>(*size);
        }
      } else if (const auto* number = std::get_if<std::int64_t>(&input);
                 number != nullptr && without_tensors) {
        product = static_cast<double>(*number);
      }
      if (product > static_cast<double>(kSpareBytes)) return true;
    }
    return false;
  }

  static bool broadcasts_far(const std::vector<Tensor>& tensors) {
    double held = static_cast<double>(kSpareBytes);
    double elements = 1;
    std::int64_t rank = 0;
    for (const Tensor& tensor : tensors) {
      held += static_cast<double>(tensor.buffer()->size());
      rank = std::max(rank, tensor.dim());
    }
    for (std::int64_t d = 1; d <= rank; ++d) {
      std::int64_t size = 1;
      for (const Tensor& tensor : tensors) {
        if (d <= tensor.dim()) size = std::max(size, tensor.size(-d));
      }
      elements *= static_cast<double>(size);
    }
    return elements > held;
  }

  static bool outgrows(const std::vector<Value>& inputs, const std::vector<Value>& results) {
    std::int64_t before = 0;
    std::int64_t after = 0;
    std::unordered_set<const Buffer*> buffers;
    for (const Value& input : inputs) {
      visit_tensors(input, [&](const Tensor& tensor) {
        buffers.insert(tensor.buffer().get());
        before += bytes_of(tensor);
      });
    }
    for (const Value& result : results) {
      visit_tensors(result, [&](const Tensor& tensor) {
        if (!buffers.contains(tensor.buffer().get())) after += bytes_of(tensor);
      });
    }
    return after > before + kSpareBytes;
  }

  GraphEditor& edit_;
};

// --- Equal computations --------------------------------------------------------------------------

/// What tells constants apart: numbers by kind and value, tensors by what they view.
std::string key_of(const Value& value) {
  const std::string kind = std::to_string(value.index()) + ':';
  if (value.is_none()) return kind;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return kind + std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return kind + (*flag ? "1" : "0");
  if (const auto* text = std::get_if<std::string>(&value)) return kind + *text;
  if (const auto* real = std::get_if<double>(&value)) {
    return kind + std::string(reinterpret_cast<const char*>(real), sizeof *real);
  }
  if (const auto* device = std::get_if<Device>(&value)) return kind + device->name;
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) {
    std::string key = kind + '[';
    for (const Value& item : (*list)->items) {
      const std::string part = key_of(item);
      if (part.empty()) return {};
      key += part + ',';
    }
    return key + ']';
  }
  const auto* tensor = std::get_if<Tensor>(&value);
  if (tensor == nullptr || !tensor->defined() || tensor->quantization() != nullptr) return {};
  std::string key = kind + std::to_string(static_cast<int>(tensor->dtype()));
  key += '@' + std::to_string(reinterpret_cast<std::uintptr_t>(tensor->buffer().get()));
  if (tensor->dim() == 0 && size_of(tensor->dtype()) <= sizeof(double)) {  // numbers, by value
    key = kind + std::to_string(static_cast<int>(tensor->dtype())) + '=';
    const char* const bytes = reinterpret_cast<const char*>(tensor->buffer()->data()) +
                              static_cast<std::size_t>(tensor->offset()) * size_of(tensor->dtype());
    return key + std::string(bytes, size_of(tensor->dtype()));
  }
  key += '+' + std::to_string(tensor->offset());
  for (const std::int64_t size : tensor->sizes()) key += ' ' + std::to_string(size);
  for (const std::int64_t stride : tensor->strides()) key += '/' + std::to_string(stride);
  return key;
}

class Merger {
 public:
  explicit Merger(GraphEditor& edit) : edit_(edit) {}

  void run() {
    for (const NodeId id : edit_.nodes()) {
      if (!edit_.alive(id) || !edit_.pure(id) || writes(edit_.node(id))) continue;
      const Node& node = edit_.node(id);
      std::vector<ValueId> inputs;
      for (const ValueId input : node.inputs) inputs.push_back(representative(input));
      const auto key = std::tuple(node.kind, node.op, node.outputs.size(), std::move(inputs));
      const auto [first, fresh] = nodes_.emplace(key, id);
      if (fresh) continue;
      const std::vector<ValueId> outputs = node.outputs;
      const std::vector<ValueId> kept = edit_.node(first->second).outputs;
      for (std::size_t i = 0; i < outputs.size(); ++i) edit_.redirect(outputs[i], kept[i]);
    }
  }

 private:
  ValueId representative(ValueId id) {
    const std::optional<Value>& constant = edit_.value(id).constant;
    if (!constant) return id;
    const std::string key = key_of(*constant);
    return key.empty() ? id : constants_.emplace(key, id).first->second;
  }

  GraphEditor& edit_;
  std::map<std::string, ValueId> constants_;
  std::map<std::tuple<NodeKind, const Operator*, std::size_t, std::vector<ValueId>>, NodeId> nodes_;
};

// --- Steps that change nothing -------------------------------------------------------------------

/// Whether a cast asks for no dtype: `to(device)`.
bool asks_for_no_dtype(const GraphEditor& edit, const Node& node) {
  if (node.op->rule.dtype != DTypeRule(dtypes::told_or<dtypes::same>)) return false;
  const std::optional<std::size_t> dtype = node.op->schema.place_of("dtype");
  return !dtype || edit.is_none(node.inputs[*dtype]);
}

bool changes_nothing(const GraphEditor& edit, const Node& node) {
  if (!keeps_places(node) || node.outputs.size() != 1 || !edit.is_tensor(node.inputs[0])) {
    return false;
  }
  if (repeats_first(node)) return true;
  const std::optional<DType> own = edit.value(node.inputs[0]).dtype;
  return asks_for_no_dtype(edit, node) || (own && own == edit.value(node.outputs[0]).dtype);
}

/// `view` of what was made contiguous before becomes `reshape`, which needs no such thing.
void loosen_views(GraphEditor& edit) {
  for (const NodeId id : edit.nodes()) {
    const Node& node = edit.node(id);
    if (node.kind != NodeKind::kOperator || node.op->schema.name != "aten::view" ||
        !node.op->schema.overload.empty() || !edit.pure(id)) {
      continue;
    }
    edit.replace(node.outputs[0], edit.call("aten::reshape", "", node.inputs, node.where));
  }
}

/// Sizes go through 0-dimensional tensors in traces: Int(NumToTensor(n)) is n.
void unwrap_number(GraphEditor& edit, const Node& node) {
  const auto is_int = [&](ValueId id) { return edit.value(id).type.kind == TypeKind::kInt; };
  if (!has_sizes_of(node, shapes::same_number) || !is_int(node.outputs[0])) return;
  const std::optional<NodeId> maker = edit.producer(node.inputs[0]);
  if (!maker || !edit.pure(*maker)) return;
  const Node& wrapped = edit.node(*maker);
  if (!has_sizes_of(wrapped, shapes::same_number) || !is_int(wrapped.inputs[0])) return;
  if (edit.is_tensor(node.inputs[0]) && edit.value(node.inputs[0]).dtype != DType::kInt64) return;
  edit.redirect(node.outputs[0], wrapped.inputs[0]);
}

void unwrap_numbers(GraphEditor& edit) {
  for (const NodeId id : edit.nodes()) {
    if (edit.alive(id) && edit.pure(id)) unwrap_number(edit, edit.node(id));
  }
}

void remove_identities(GraphEditor& edit) {
  for (const NodeId id : edit.nodes()) {
    if (!edit.alive(id) || !edit.pure(id) || !changes_nothing(edit, edit.node(id))) continue;
    edit.redirect(edit.node(id).outputs[0], edit.node(id).inputs[0]);
  }
}

/// Whether anything depends on strides, which steps that copy do change.
bool layout_is_read(const GraphEditor& edit) {
  const std::vector<NodeId> nodes = edit.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](NodeId id) { return has_any(edit.node(id), Trait::kReadsLayout); });
}

}  // namespace

void fold(Graph& graph) {
  GraphEditor edit(graph);
  if (!layout_is_read(edit)) {
    loosen_views(edit);
    remove_identities(edit);
  }
  unwrap_numbers(edit);
  ConstantFolder(edit).run();
  Merger(edit).run();
  edit.finish();
}

}  // namespace henson::runtime
