#include "runtime/graph/match.h"

#include <algorithm>
#include <utility>

#include "henson/error.h"
#include "runtime/graph/aliases.h"
#include "runtime/operators/numbers.h"

namespace henson::runtime {
GraphEditor::GraphEditor(Graph& graph)
    : graph_(graph), uses_(graph.values.size()), written_(written_values(graph)) {
  for (Node& node : graph_.nodes) {
    order_.push_back(slots_.size());
    slots_.push_back({std::move(node), true});
  }
  graph_.nodes.clear();
  for (const NodeId node : order_) read(node);
  for (const ValueId id : leaves_of(graph_.output)) uses_[id].output = true;
}

void GraphEditor::finish() {
  for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
    if (!slots_[*node].alive) continue;
    const std::vector<ValueId> outputs = slots_[*node].node.outputs;
    if (!outputs.empty()) drop_if_dead(outputs[0]);
  }
  for (const NodeId node : order_) {
    if (slots_[node].alive) graph_.nodes.push_back(std::move(slots_[node].node));
  }
  order_.clear();
}

GraphEditor::Uses& GraphEditor::uses(ValueId id) {
  if (id >= uses_.size()) uses_.resize(graph_.values.size());
  return uses_[id];
}

void GraphEditor::read(NodeId node) {
  for (const ValueId id : slots_[node].node.inputs) uses(id).readers.push_back(node);
  for (const ValueId id : slots_[node].node.outputs) uses(id).producer = node;
}

/// The node no longer reads its inputs; those that nothing else reads go away.
void GraphEditor::forget(NodeId node) {
  const std::vector<ValueId> inputs = slots_[node].node.inputs;
  for (const ValueId id : inputs) {
    std::vector<NodeId>& readers = uses(id).readers;
    const auto found = std::find(readers.begin(), readers.end(), node);
    if (found != readers.end()) readers.erase(found);
  }
  for (const ValueId id : inputs) drop_if_dead(id);
}

void GraphEditor::drop_if_dead(ValueId id) {
  const std::optional<NodeId> maker = uses(id).producer;
  if (!maker || !slots_[*maker].alive || writes(slots_[*maker].node)) return;
  for (const ValueId output : slots_[*maker].node.outputs) {
    if (is_output(output) || !readers(output).empty()) return;
  }
  slots_[*maker].alive = false;
  for (const ValueId output : slots_[*maker].node.outputs) uses(output).producer.reset();
  forget(*maker);
}

std::size_t GraphEditor::place_of(NodeId node) const {
  if (places_.size() != slots_.size()) {
    places_.assign(slots_.size(), 0);
    for (std::size_t i = 0; i < order_.size(); ++i) places_[order_[i]] = i;
  }
  return places_[node];
}

bool GraphEditor::before(NodeId a, NodeId b) const { return place_of(a) < place_of(b); }

std::optional<NodeId> GraphEditor::producer(ValueId id) const { return uses_[id].producer; }

bool GraphEditor::pure(NodeId node) const {
  const Node& call = slots_[node].node;
  const auto is_stable = [this](ValueId id) { return stable(id); };
  return std::all_of(call.inputs.begin(), call.inputs.end(), is_stable) &&
         std::all_of(call.outputs.begin(), call.outputs.end(), is_stable);
}

const Node* GraphEditor::call_of(ValueId id, std::string_view name) const {
  const std::optional<NodeId> maker = producer(id);
  if (!maker) return nullptr;
  const Node& found = slots_[*maker].node;
  const bool matches = found.kind == NodeKind::kOperator && found.op->schema.name == name;
  return matches && found.outputs[0] == id && pure(*maker) ? &found : nullptr;
}

const Node* GraphEditor::call_of(ValueId id, std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    if (const Node* found = call_of(id, name)) return found;
  }
  return nullptr;
}

bool GraphEditor::is_none(ValueId id) const {
  return value(id).constant && value(id).constant->is_none();
}

std::optional<double> GraphEditor::number(ValueId id) const {
  const std::optional<Value>& constant = value(id).constant;
  if (!constant || !stable(id)) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&*constant)) {
    return static_cast<double>(*integer);
  }
  if (const auto* real = std::get_if<double>(&*constant)) return *real;
  if (const auto* flag = std::get_if<bool>(&*constant)) return *flag ? 1.0 : 0.0;
  const auto* tensor = std::get_if<Tensor>(&*constant);
  if (tensor == nullptr || !tensor->defined() || tensor->dim() != 0) return std::nullopt;
  return to_double(to_scalar(*tensor));
}

std::optional<std::int64_t> GraphEditor::integer(ValueId id) const {
  const std::optional<Value>& constant = value(id).constant;
  if (!constant) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&*constant)) return *integer;
  if (const auto* flag = std::get_if<bool>(&*constant)) return *flag ? 1 : 0;
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> GraphEditor::integers(ValueId id) const {
  std::vector<std::int64_t> found;
  if (const std::optional<std::int64_t> one = integer(id)) return std::vector{*one};
  if (const auto parts = items(id)) {
    for (const ValueId part : *parts) {
      const std::optional<std::int64_t> number = integer(part);
      if (!number) return std::nullopt;
      found.push_back(*number);
    }
    return found;
  }
  const std::optional<Value>& constant = value(id).constant;
  const auto* list = constant ? std::get_if<std::shared_ptr<ListValue>>(&*constant) : nullptr;
  if (list == nullptr) return std::nullopt;
  for (const Value& item : (*list)->items) {
    const auto* number = std::get_if<std::int64_t>(&item);
    if (number == nullptr) return std::nullopt;
    found.push_back(*number);
  }
  return found;
}

std::optional<std::string> GraphEditor::text(ValueId id) const {
  const std::optional<Value>& constant = value(id).constant;
  if (!constant || !constant->is<std::string>()) return std::nullopt;
  return constant->as<std::string>();
}

std::optional<std::vector<ValueId>> GraphEditor::items(ValueId id) const {
  const std::optional<NodeId> maker = producer(id);
  if (!maker || slots_[*maker].node.kind != NodeKind::kList || !pure(*maker)) return std::nullopt;
  return slots_[*maker].node.inputs;
}

const Tensor* GraphEditor::weight(ValueId id) const {
  const std::optional<Value>& constant = value(id).constant;
  if (!constant || !stable(id)) return nullptr;
  const auto* tensor = std::get_if<Tensor>(&*constant);
  return tensor != nullptr && tensor->defined() ? tensor : nullptr;
}

std::optional<NumberAndOther> GraphEditor::number_operand(const Node& node) const {
  for (const std::size_t i : {std::size_t{1}, std::size_t{0}}) {
    const std::optional<double> found = number(node.inputs[i]);
    if (found && is_tensor(node.inputs[1 - i])) return NumberAndOther{*found, node.inputs[1 - i]};
  }
  return std::nullopt;
}

std::optional<double> GraphEditor::argument_number(const Node& node, std::string_view name) const {
  const std::optional<std::size_t> place = node.op->schema.place_of(name);
  return place ? number(node.inputs[*place]) : std::nullopt;
}

const Node* GraphEditor::plain_add(ValueId id) const {
  const Node* found = call_of(id, "aten::add");
  if (found == nullptr || !is_tensor(found->inputs[0]) || !is_tensor(found->inputs[1])) {
    return nullptr;
  }
  return argument_number(*found, "alpha").value_or(1) == 1 ? found : nullptr;
}

ValueId GraphEditor::add_constant(Value value) {
  const Type type = type_of(value);
  const ValueId id = graph_.add_constant(std::move(value), type);
  uses_.resize(graph_.values.size());
  return id;
}

Node GraphEditor::call(std::string_view name, std::string_view overload,
                       std::vector<ValueId> inputs, const script::SourceLine& where) {
  for (const Operator* op : OperatorTable::get().overloads(name)) {
    if (op->schema.overload != overload) continue;
    for (std::size_t i = inputs.size(); i < op->schema.arguments.size(); ++i) {
      const Value value = op->schema.arguments[i].default_value.value_or(None{});
      inputs.push_back(graph_.add_constant(value, type_of(value)));
    }
    uses_.resize(graph_.values.size());
    return {NodeKind::kOperator, op, std::move(inputs), {}, where};
  }
  throw Error(ErrorCode::kInternal, "no operator " + std::string(name));
}

std::vector<ValueId> GraphEditor::insert_before(NodeId place, Node node,
                                                const std::vector<Type>& results) {
  for (const Type& type : results) {
    node.outputs.push_back(graph_.add_value({type, {}, std::nullopt, std::nullopt}));
  }
  uses_.resize(graph_.values.size());
  const NodeId added = slots_.size();
  std::vector<ValueId> outputs = node.outputs;
  slots_.push_back({std::move(node), true});
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place_of(place)), added);
  places_.clear();
  read(added);
  return outputs;
}

ValueId GraphEditor::insert_list(NodeId place, std::vector<ValueId> items, Type element) {
  Node list{NodeKind::kList, nullptr, std::move(items), {}, slots_[place].node.where};
  return insert_before(place, std::move(list), {Type::list(std::move(element))})[0];
}

void GraphEditor::replace(ValueId result, Node node) {
  const NodeId old = *producer(result);
  replace(old, std::move(node), slots_[old].node.outputs);
}

void GraphEditor::replace(NodeId old, Node node, std::vector<ValueId> results) {
  for (const ValueId id : slots_[old].node.outputs) uses(id).producer.reset();
  node.outputs = std::move(results);
  Node replaced = std::exchange(slots_[old].node, std::move(node));
  read(old);
  for (const ValueId id : replaced.inputs) {
    std::vector<NodeId>& readers = uses(id).readers;
    readers.erase(std::find(readers.begin(), readers.end(), old));
  }
  for (const ValueId id : replaced.inputs) drop_if_dead(id);
}

void GraphEditor::replace_all(const std::vector<NodeId>& old, Node node,
                              std::vector<ValueId> results) {
  replace(old.front(), std::move(node), std::move(results));
  for (std::size_t i = 1; i < old.size(); ++i) {
    slots_[old[i]].alive = false;
    forget(old[i]);
  }
}

void GraphEditor::make_constant(NodeId node, std::vector<Value> results) {
  const std::vector<ValueId> outputs = slots_[node].node.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    GraphValue& made = graph_.values[outputs[i]];
    if (const auto* tensor = std::get_if<Tensor>(&results[i])) made.dtype = tensor->dtype();
    made.constant = std::move(results[i]);
    uses(outputs[i]).producer.reset();
  }
  slots_[node].alive = false;
  forget(node);
}

void GraphEditor::redirect(ValueId old, ValueId by) {
  const std::vector<NodeId> moved = std::exchange(uses(old).readers, {});
  for (const NodeId reader : moved) {
    std::vector<ValueId>& inputs = slots_[reader].node.inputs;
    std::replace(inputs.begin(), inputs.end(), old, by);
    uses(by).readers.push_back(reader);
  }
  if (is_output(old)) {
    redirect_output(graph_.output, old, by);
    uses(old).output = false;
    uses(by).output = true;
  }
  drop_if_dead(old);
}

void GraphEditor::redirect_output(OutputShape& output, ValueId old, ValueId by) {
  if (output.kind == OutputShape::Kind::kLeaf && output.value == old) output.value = by;
  for (OutputShape& item : output.items) redirect_output(item, old, by);
}

}  // namespace henson::runtime
