#include "runtime/api/facts.h"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/analysis/input_roles.h"
#include "runtime/analysis/uses.h"
#include "runtime/api/guarded.h"
#include "runtime/api/public_tensor.h"
#include "runtime/api/weight_elements.h"
#include "runtime/import/weights.h"

namespace henson::runtime {
namespace {

using StoredPtr = std::shared_ptr<loader::StoredTensor>;

/// The dummy input at a path ("0", "0.key", "0.1"), or null.
const loader::StoredTensor* traced_at(const loader::Archive& archive, const std::string& method,
                                      const std::string& path) {
  const auto of_method = archive.traced_inputs.find(method);
  if (of_method == archive.traced_inputs.end()) return nullptr;
  const std::vector<loader::Value>& inputs = of_method->second;
  const std::size_t dot = path.find('.');
  const std::size_t position = std::stoul(path.substr(0, dot));
  if (position >= inputs.size()) return nullptr;
  const loader::Value* value = &inputs[position];
  if (dot != std::string::npos) {
    const std::string part = path.substr(dot + 1);
    const std::vector<loader::Value>* items = nullptr;
    if (const auto* list = std::get_if<std::shared_ptr<loader::List>>(value)) {
      items = &(*list)->items;
    } else if (const auto* tuple = std::get_if<std::shared_ptr<loader::Tuple>>(value)) {
      items = &(*tuple)->items;
    }
    const loader::Value* found = nullptr;
    if (items != nullptr && part.find_first_not_of("0123456789") == std::string::npos) {
      const std::size_t index = std::stoul(part);
      if (index < items->size()) found = &(*items)[index];
    } else if (const auto* dict = std::get_if<std::shared_ptr<loader::Dict>>(value)) {
      for (const auto& [key, item] : (*dict)->items) {
        const auto* text = std::get_if<std::string>(&key);
        if (text != nullptr && *text == part) found = &item;
      }
    }
    if (found == nullptr) return nullptr;
    value = found;
  }
  const auto* tensor = std::get_if<StoredPtr>(value);
  return tensor == nullptr ? nullptr : tensor->get();
}

/// Names that a weight's info gives of others over the same elements.
constexpr std::size_t kMostAliases = 16;

struct NamedTensor {
  std::string name;
  StoredPtr tensor;
};

void spend(loader::Budget& budget, loader::Budget::Kind kind, std::uint64_t amount,
           const std::string& what) {
  if (budget.spend(kind, amount)) return;
  throw Error(ErrorCode::kBadArchive, what + ": " + budget.refusal(kind));
}

/// Walks the module tree. Values may be shared, and are met once; they have no cycles.
class TensorCollector {
 public:
  explicit TensorCollector(loader::Budget& budget) : budget_(budget) {}

  void collect(const loader::Value& value, const std::string& name) {
    spend(budget_, loader::Budget::Kind::kStringBytes, name.size(), "the names of the weights");
    if (const auto* tensor = std::get_if<StoredPtr>(&value)) {
      found_.push_back({name, *tensor});
    } else if (const auto* object = std::get_if<std::shared_ptr<loader::Object>>(&value)) {
      if (!seen_.insert(object->get()).second) return;
      for (const auto& [key, item] : (*object)->attributes) collect(item, child(name, key));
      if ((*object)->state) collect(*(*object)->state, name);
    } else if (const auto* list = std::get_if<std::shared_ptr<loader::List>>(&value)) {
      if (seen_.insert(list->get()).second) collect_items((*list)->items, name);
    } else if (const auto* tuple = std::get_if<std::shared_ptr<loader::Tuple>>(&value)) {
      if (seen_.insert(tuple->get()).second) collect_items((*tuple)->items, name);
    }
  }
  std::vector<NamedTensor>& found() { return found_; }

 private:
  static std::string child(const std::string& name, const std::string& part) {
    return name.empty() ? part : name + "." + part;
  }
  void collect_items(const std::vector<loader::Value>& items, const std::string& name) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      collect(items[i], child(name, std::to_string(i)));
    }
  }

  loader::Budget& budget_;
  std::set<const void*> seen_;
  std::vector<NamedTensor> found_;
};

WeightInfo describe_weight(const NamedTensor& named, WeightViews& views, loader::Budget& budget) {
  const loader::StoredTensor& stored = *named.tensor;
  WeightInfo weight;
  weight.name = named.name;
  weight.dtype = stored.dtype;
  weight.shape = stored.shape;
  weight.strides = stored.strides;
  const auto count = static_cast<std::uint64_t>(loader::element_count(stored.shape).value_or(0));
  weight.bytes = count * size_of(stored.dtype);
  if (stored.storage != nullptr) {
    weight.storage = stored.storage->entry();
    weight.offset = stored.offset;
    const Tensor tensor = views.tensor(named.tensor);
    if (!tensor.is_contiguous()) {  // copied when it is read
      spend(budget, loader::Budget::Kind::kRepeatedBytes, weight.bytes, named.name);
    }
    weight.elements = std::make_shared<const WeightElements>(tensor);
    if (!stored.quantization) {
      weight.read = [tensor] { return guarded([&] { return to_public(tensor); }); };
    }
  }
  return weight;
}

/// Tensors over the very same elements.
using ElementsKey = std::tuple<const loader::Storage*, std::int64_t, std::vector<std::int64_t>,
                               std::vector<std::int64_t>>;

std::string describe_output(const Graph& graph, const OutputShape& output) {
  if (output.kind == OutputShape::Kind::kLeaf) return to_string(graph.values[output.value].type);
  static const std::map<OutputShape::Kind, std::pair<char, char>> kBrackets = {
      {OutputShape::Kind::kTuple, {'(', ')'}},
      {OutputShape::Kind::kList, {'[', ']'}},
      {OutputShape::Kind::kDict, {'{', '}'}}};
  const auto [open, close] = kBrackets.at(output.kind);
  std::string text(1, open);
  for (std::size_t i = 0; i < output.items.size(); ++i) {
    if (i > 0) text += ", ";
    if (i < output.keys.size()) text += output.keys[i] + ": ";
    text += describe_output(graph, output.items[i]);
  }
  if (output.kind == OutputShape::Kind::kTuple && output.items.size() == 1) text += ',';
  return text + close;
}

std::string describe_value(const Graph& graph, ValueId id) {
  const GraphValue& value = graph.values[id];
  if (!value.name.empty()) return value.name;
  if (!value.constant) return "%" + std::to_string(id);
  const Value& constant = *value.constant;
  if (const auto* integer = std::get_if<std::int64_t>(&constant)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&constant)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&constant)) return *flag ? "True" : "False";
  if (const auto* text = std::get_if<std::string>(&constant)) return '"' + *text + '"';
  return kind_of(constant);
}

const std::string& kind_name(const Node& node) {
  static const std::string kList = "list";
  static const std::string kTuple = "tuple";
  static const std::string kUnpack = "unpack";
  switch (node.kind) {
    case NodeKind::kOperator:
      return node.op->schema.name;
    case NodeKind::kList:
      return kList;
    case NodeKind::kTuple:
      return kTuple;
    case NodeKind::kUnpack:
      return kUnpack;
  }
  return kList;
}

/// The constant that a node's argument of that name is, or null.
const Value* constant_argument(const Graph& graph, const Node& node, std::string_view name) {
  const std::optional<std::size_t> place = node.op->schema.place_of(name);
  if (!place) return nullptr;
  const std::optional<Value>& constant = graph.values[node.inputs[*place]].constant;
  return constant ? &*constant : nullptr;
}

double number_of(const Value* value) {
  if (value == nullptr) return 0;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<double>(*integer);
  if (const auto* flag = std::get_if<bool>(value)) return *flag ? 1 : 0;
  return 0;
}

bool drops_in_training(const Graph& graph, const Node& node) {
  if (node.kind != NodeKind::kOperator) return false;
  if (number_of(constant_argument(graph, node, "dropout_p")) > 0) return true;
  return number_of(constant_argument(graph, node, "p")) > 0 &&
         number_of(constant_argument(graph, node, "train")) > 0;
}

}  // namespace

std::vector<InputInfo> describe_inputs(const loader::Archive& archive, const std::string& method,
                                       const Graph& graph, const UnlockResult& unlocked) {
  const std::vector<bool> read = read_values(graph);
  const std::vector<std::optional<std::int64_t>> rows = table_rows(graph);
  const std::vector<InputRole> roles = input_roles(graph);
  std::vector<InputInfo> inputs;
  for (const GraphInput& input : graph.inputs) {
    InputInfo info;
    info.path = input.path;
    info.name = input.name;
    info.used = read[input.value];
    info.rank = unlocked.ranks[inputs.size()];
    info.table_rows = rows[input.value];
    info.role = roles[inputs.size()];
    if (const loader::StoredTensor* const traced = traced_at(archive, method, input.path)) {
      info.dtype = traced->dtype;
      info.traced_shape = traced->shape;
    }
    inputs.push_back(std::move(info));
  }
  return inputs;
}

TracedShapes traced_shapes(const loader::Archive& archive, const std::string& method,
                           const Graph& graph) {
  TracedShapes shapes;
  for (const GraphInput& input : graph.inputs) {
    const loader::StoredTensor* const traced = traced_at(archive, method, input.path);
    shapes.push_back(traced == nullptr ? std::nullopt : std::optional(traced->shape));
  }
  return shapes;
}

std::vector<Lock> describe_locks(const UnlockResult& unlocked) {
  std::vector<Lock> locks;
  for (const UnlockedSize& size : unlocked.unlocked) {
    locks.push_back({to_string(size.where), size.what, true, {}});
  }
  for (const ShapeCondition& condition : unlocked.conditions) {
    using Demand = ShapeCondition::Demand;
    const bool at_most = condition.demand == Demand::kAtMost;
    // The others go with a size that is unlocked.
    if (condition.limit || (!at_most && condition.demand != Demand::kValue)) continue;
    locks.push_back({to_string(condition.where), condition.reason, false,
                     condition.value < 0
                         ? "the archive does not tell at which shape it was traced"
                         : std::string("the archive runs where the size is ") +
                               (at_most ? "at most " : "") + std::to_string(condition.value)});
  }
  return locks;
}

std::vector<WeightInfo> describe_weights(const loader::Archive& archive) {
  loader::Budget budget = archive.budget;
  TensorCollector collector(budget);
  if (archive.module != nullptr) collector.collect(archive.module, "");
  std::vector<NamedTensor>& found = collector.found();
  std::set<const loader::StoredTensor*> known;
  for (const NamedTensor& named : found) known.insert(named.tensor.get());
  for (std::size_t i = 0; i < archive.constants.size(); ++i) {
    const auto* tensor = std::get_if<StoredPtr>(&archive.constants[i]);
    if (tensor == nullptr || known.contains(tensor->get())) continue;
    found.push_back({"CONSTANTS.c" + std::to_string(i), *tensor});
  }
  WeightViews views;
  std::vector<WeightInfo> weights;
  std::map<ElementsKey, std::vector<std::size_t>> by_elements;
  for (const NamedTensor& named : found) {
    weights.push_back(describe_weight(named, views, budget));
    const loader::StoredTensor& stored = *named.tensor;
    by_elements[{stored.storage.get(), stored.offset, stored.shape, stored.strides}].push_back(
        weights.size() - 1);
  }
  for (const auto& [key, members] : by_elements) {
    for (const std::size_t a : members) {
      std::vector<std::string>& names = weights[a].same_as;
      for (const std::size_t b : members) {
        if (names.size() == kMostAliases) break;
        if (a != b) names.push_back(weights[b].name);
      }
    }
  }
  return weights;
}

std::vector<std::string> methods_of(const loader::Archive& archive) {
  std::vector<std::string> names;
  if (archive.module == nullptr) return names;
  const auto root = archive.classes.find(archive.module->class_name);
  if (root == archive.classes.end()) return names;
  for (const script::Function& method : root->second.methods) {
    if (!method.name.starts_with("__")) names.push_back(method.name);
  }
  return names;
}

void check_method(const loader::Archive& archive, const std::string& method) {
  const std::vector<std::string> methods = methods_of(archive);
  if (std::find(methods.begin(), methods.end(), method) != methods.end()) return;
  std::string known;
  for (const std::string& name : methods) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::kUnsupported,
              "the archive's module (" + archive.module->class_name + ") has no method `" + method +
                  "` to run" + (known.empty() ? "" : "; --method runs one that it has: " + known));
}

ModelInfo describe_archive(const loader::Archive& archive) {
  ModelInfo info;
  info.layout = archive.layout == loader::Layout::kModelJson ? "PyTorch 1.0 to 1.2 (model.json)"
                                                             : "PyTorch 1.3 and later (data.pkl)";
  info.producer = archive.producer;
  info.version = archive.version;
  info.mobile = archive.mobile;
  info.methods = methods_of(archive);
  if (archive.module != nullptr && archive.module->class_name.starts_with("__torch__")) {
    info.root_class = archive.module->class_name;
  }
  for (const loader::Entry& entry : archive.entries) {
    info.entries.emplace_back(entry.name, entry.bytes);
  }
  return info;
}

void describe_graph(const Graph& graph, ModelInfo& info) {
  info.output = describe_output(graph, graph.output);
  info.node_count = graph.nodes.size();
  info.positions = find_position_table(graph);
  std::set<std::string> operators;
  for (const Node& node : graph.nodes) {
    if (node.kind == NodeKind::kOperator) operators.insert(node.op->schema.name);
  }
  info.operators.assign(operators.begin(), operators.end());
}

std::vector<std::string> notes_of(const Graph& graph) {
  std::vector<std::string> notes;
  const auto first = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                  [&](const Node& node) { return drops_in_training(graph, node); });
  if (first != graph.nodes.end()) {
    notes.push_back("traced in training mode, with dropout (" + to_string(first->where) +
                    "): Henson answers as evaluation would");
  }
  return notes;
}

std::vector<std::string> describe_nodes(const Graph& graph) {
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes) {
    std::string line;
    for (const ValueId id : node.outputs) line += (line.empty() ? "%" : ", %") + std::to_string(id);
    line += " = " + kind_name(node) + "(";
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (i > 0) line += ", ";
      line += describe_value(graph, node.inputs[i]);
    }
    lines.push_back(line + ")  # " + to_string(node.where));
  }
  return lines;
}

}  // namespace henson::runtime
