// Dtypes that the builder could not tell: where a tensor meets a number that is kept as a tensor of
// no dimensions (and often of float64), the tensor's dtype wins, if it has any dimensions.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/analysis/known_sizes.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/static_types.h"

namespace henson::runtime {
namespace {

using NameSet = std::unordered_set<std::string>;

/// The result has as many dimensions as its tensors, or more.
bool keeps_dimensions(const std::string& name) {
  static const NameSet kNames = {
      "aten::add",     "aten::sub",        "aten::mul",        "aten::div",         "aten::rsub",
      "aten::add_",    "aten::sub_",       "aten::mul_",       "aten::div_",        "aten::pow",
      "aten::dropout", "aten::contiguous", "aten::to",         "aten::softmax",     "aten::permute",
      "aten::tanh",    "aten::transpose",  "aten::erf",        "aten::masked_fill", "aten::gelu",
      "aten::relu",    "aten::expand",     "aten::detach",     "aten::sqrt",        "aten::t",
      "aten::linear",  "aten::where",      "aten::layer_norm", "aten::slice",       "aten::mean",
      "aten::type_as", "aten::sigmoid",    "aten::clone"};
  return kNames.contains(name);
}

bool reduces(const std::string& name) {
  return name == "aten::mean" || name == "aten::var" || name == "aten::std";
}

bool promotes(const std::string& name) {
  static const NameSet kNames = {"aten::add",  "aten::sub",     "aten::mul",    "aten::div",
                                 "aten::rsub", "aten::maximum", "aten::minimum"};
  return kNames.contains(name);
}

class DtypeInference {
 public:
  explicit DtypeInference(Graph& graph)
      : graph_(graph), sizes_(graph), ranks_(graph.values.size(), 0) {}

  void run() {
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      const Tensor* tensor = constant(id);
      if (tensor != nullptr) ranks_[id] = static_cast<std::size_t>(tensor->dim());
      lengths_[id] = length_of(graph_.values[id].constant);
    }
    for (const Node& node : graph_.nodes) {
      if (node.kind == NodeKind::kList) lengths_[node.outputs[0]] = node.inputs.size();
      if (node.kind == NodeKind::kUnpack) unpack(node);
      if (node.kind != NodeKind::kOperator || node.outputs.size() != 1) continue;
      ranks_[node.outputs[0]] = rank_of(node);
      GraphValue& result = graph_.values[node.outputs[0]];
      const bool tensors = result.type.kind == TypeKind::kTensor || is_tensor_list(result.type);
      if (tensors && !result.dtype) result.dtype = infer(node);
    }
  }

 private:
  static std::size_t length_of(const std::optional<Value>& value) {
    const auto* list = value ? std::get_if<std::shared_ptr<ListValue>>(&*value) : nullptr;
    return list != nullptr ? (*list)->items.size() : 0;
  }

  static bool is_tensor_list(const Type& type) {
    return type.kind == TypeKind::kList && type.elements[0].kind == TypeKind::kTensor;
  }

  /// The tensors of a list have one dtype where the list's is known.
  void unpack(const Node& node) {
    for (const ValueId id : node.outputs) {
      GraphValue& item = graph_.values[id];
      if (item.type.kind == TypeKind::kTensor && !item.dtype) {
        item.dtype = graph_.values[node.inputs[0]].dtype;
      }
    }
  }

  const Tensor* constant(ValueId id) const {
    const std::optional<Value>& value = graph_.values[id].constant;
    const auto* tensor = value ? std::get_if<Tensor>(&*value) : nullptr;
    return tensor != nullptr && tensor->defined() ? tensor : nullptr;
  }

  /// How many dimensions the result has at least.
  std::size_t rank_of(const Node& node) const {
    const std::string& name = node.op->schema.name;
    if (name == "aten::view" || name == "aten::reshape" || name == "aten::permute") {
      return lengths_[node.inputs[1]];
    }
    if (name == "aten::unsqueeze") return ranks_[node.inputs[0]] + 1;
    if (name == "aten::embedding") return ranks_[node.inputs[1]] + 1;
    if (name == "aten::arange") return 1;
    if (name == "aten::bmm" || name == "aten::baddbmm") return 3;
    if (name == "aten::mm" || name == "aten::addmm") return 2;
    if (reduces(name) && !keeps_reduced(node)) return 0;
    std::size_t most = 0;
    for (const ValueId id : node.inputs) most = std::max(most, ranks_[id]);
    if (name == "aten::matmul") return most > 0 ? most - 1 : 0;  // a vector takes one away
    return keeps_dimensions(name) || reduces(name) ? most : 0;
  }

  bool keeps_reduced(const Node& node) const {
    const std::vector<Argument>& arguments = node.op->schema.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i].name != "keepdim") continue;
      const std::optional<Value>& value = graph_.values[node.inputs[i]].constant;
      return value && value->is<bool>() && value->as<bool>();
    }
    return false;
  }

  /// Products refuse operands of different dtypes: one that is known tells.
  std::optional<DType> infer_product(const Node& node) const {
    static const NameSet kNames = {"aten::linear", "aten::matmul", "aten::mm",
                                   "aten::bmm",    "aten::addmm",  "aten::baddbmm"};
    if (!kNames.contains(node.op->schema.name)) return std::nullopt;
    for (const ValueId id : node.inputs) {
      if (graph_.values[id].dtype) return graph_.values[id].dtype;
    }
    return std::nullopt;
  }

  std::optional<DType> infer(const Node& node) const {
    if (const auto operand = infer_product(node)) return operand;
    const std::string& name = node.op->schema.name;
    if (name == "aten::var" || name == "aten::std") return graph_.values[node.inputs[0]].dtype;
    if (const auto plain = result_dtypes(graph_, *node.op, node.inputs)[0]) return plain;
    if (name == "aten::where") return chosen(node);
    if (name == "aten::arange" && counts_sizes(node)) return DType::kInt64;
    if (!promotes(name) || node.inputs.size() < 2) return std::nullopt;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const std::optional<DType> wins = graph_.values[node.inputs[i]].dtype;
      const Tensor* number = constant(node.inputs[1 - i]);
      if (!wins || ranks_[node.inputs[i]] == 0 || number == nullptr || number->dim() != 0) continue;
      if (is_floating(*wins) && is_floating(number->dtype())) return wins;
    }
    return std::nullopt;
  }

  /// where() with a number on one side: the dtype of the floating tensor on the other.
  std::optional<DType> chosen(const Node& node) const {
    if (node.inputs.size() != 3) return std::nullopt;
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
      const GraphValue& tensor = graph_.values[node.inputs[i]];
      const TypeKind other = graph_.values[node.inputs[3 - i]].type.kind;
      const bool number = other == TypeKind::kFloat || other == TypeKind::kInt;
      if (number && tensor.dtype && is_floating(*tensor.dtype)) return tensor.dtype;
    }
    return std::nullopt;
  }

  /// arange of whole numbers, with no dtype of its own.
  bool counts_sizes(const Node& node) const {
    const std::vector<Argument>& arguments = node.op->schema.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& name = arguments[i].name;
      const std::optional<Value>& value = graph_.values[node.inputs[i]].constant;
      if (name == "dtype" && !(value && value->is_none())) return false;
      const bool bound = name == "start" || name == "end" || name == "step";
      if (bound && !sizes_.number(node.inputs[i])) return false;
    }
    return true;
  }

  Graph& graph_;
  const KnownSizes sizes_;
  std::vector<std::size_t> ranks_;  // at least so many
  std::vector<std::size_t> lengths_ =
      std::vector<std::size_t>(graph_.values.size(), 0);  // of lists
};

}  // namespace

void infer_dtypes(Graph& graph) { DtypeInference(graph).run(); }

}  // namespace henson::runtime
