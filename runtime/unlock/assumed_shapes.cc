#include "runtime/unlock/assumed_shapes.h"

#include <algorithm>

#include "runtime/analysis/baked_values.h"
#include "runtime/graph/static_types.h"
#include "runtime/operators/fact_items.h"
#include "runtime/tensor/elements.h"
#include "runtime/unlock/assuming_domain.h"

namespace henson::runtime {
namespace {

constexpr std::int64_t kLargestStretched = 1 << 16;  // elements of a constant that is looked at

/// Whether each step along `dim` adds `step` to every element.
template <typename T>
bool steps_evenly(const Tensor& tensor, std::size_t dim, T step) {
  StridedWalk<1> walk(tensor.sizes(), {tensor.strides()});
  const T* const data = tensor.data<T>();
  const std::int64_t stride = tensor.strides()[dim];
  std::vector<std::int64_t> index(tensor.sizes().size(), 0);
  for (std::int64_t i = 0; i < tensor.numel(); ++i, walk.next()) {
    const std::int64_t at = walk.offsets()[0];
    if (index[dim] > 0 && data[at] != static_cast<T>(data[at - stride] + step)) return false;
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < tensor.sizes()[d]) break;
      index[d] = 0;
    }
  }
  return true;
}

enum class Along { kOther, kRepeats, kCounts };

Along look_along(const Tensor& tensor, std::size_t dim) {
  if (tensor.dtype() == DType::kInt64) {
    if (steps_evenly<std::int64_t>(tensor, dim, 0)) return Along::kRepeats;
    return steps_evenly<std::int64_t>(tensor, dim, 1) ? Along::kCounts : Along::kOther;
  }
  const Tensor wide = tensor.to(system_memory(), DType::kFloat64);
  return steps_evenly<double>(wide, dim, 0.0) ? Along::kRepeats : Along::kOther;
}

}  // namespace

AssumedShapes::AssumedShapes(const Graph& graph, const std::vector<InputShape>& inputs,
                             const std::vector<std::optional<Value>>& baked,
                             const Evidence& evidence)
    : graph_(graph),
      baked_(baked),
      evidence_(evidence),
      producers_(graph),
      values_(graph.values.size()) {
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    Fact value;
    if (graph.values[graph.inputs[i].value].type.kind == TypeKind::kTensor) {
      value.dims.emplace();
      for (std::size_t d = 0; d < inputs[i].rank; ++d) {
        const auto traced = inputs[i].traced ? std::optional((*inputs[i].traced)[d]) : std::nullopt;
        value.dims->push_back(solver_.input(i, d, traced));
        input_sizes_.push_back(value.dims->back());
      }
    }
    values_[graph.inputs[i].value] = std::move(value);
  }
}

void AssumedShapes::note_dependents() {
  depends_.assign(graph_.values.size(), false);
  weighs_.assign(graph_.values.size(), false);
  for (const GraphInput& input : graph_.inputs) depends_[input.value] = true;
  for (std::size_t id = 0; id < graph_.values.size(); ++id) {
    weighs_[id] = is_real_weight(graph_.values[id]);
  }
  reads_ = depends_;
  for (const Node& node : graph_.nodes) {
    bool reads = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const bool elements = node.kind != NodeKind::kOperator || reads_elements(node, i);
      reads = reads || (elements && reads_[node.inputs[i]]);
    }
    for (const ValueId id : node.outputs) reads_[id] = reads;
    for (const auto set : {&depends_, &weighs_}) {
      const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](ValueId id) { return (*set)[id]; });
      for (const ValueId id : node.outputs) (*set)[id] = any;
    }
  }
}

void AssumedShapes::note_unpacked() {
  unpacked_into_.assign(graph_.values.size(), 0);
  std::vector<bool> read_otherwise(graph_.values.size(), false);
  for (const Node& node : graph_.nodes) {
    const bool unpacks = node.kind == NodeKind::kUnpack;
    for (const ValueId id : node.inputs) {
      if (!unpacks) read_otherwise[id] = true;
      unpacked_into_[id] = read_otherwise[id] ? 0 : node.outputs.size();
    }
  }
}

void AssumedShapes::run() {
  note_dependents();
  note_unpacked();
  visit_all();
  // What later nodes told of the dummy input helps with the earlier ones.
  const std::size_t contradictions = contradictions_;
  visit_all();
  contradictions_ = std::max(contradictions_, contradictions);
  settle();
}

void AssumedShapes::visit_all() {
  contradictions_ = 0;
  locks_ = kept_locks_;
  rows_.clear();
  undecided_.clear();
  limits_.clear();
  noted_.assign(input_sizes_.size(), false);
  for (std::size_t id = 0; id < values_.size(); ++id) {  // what was written in place is as it was
    const std::optional<Value>& constant = graph_.values[id].constant;
    if (values_[id] && constant) values_[id]->number = fact_of(*constant).number;
  }
  for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
    visit(node);
    note_bound_inputs(node);
  }
}

Fact& AssumedShapes::value(ValueId id) {
  if (!values_[id]) values_[id] = describe_constant(id);
  return *values_[id];
}

Fact AssumedShapes::describe_constant(ValueId id) {
  const GraphValue& value = graph_.values[id];
  if (!value.constant) return {};
  Fact described = fact_of(*value.constant);
  if (value.constant->is<Tensor>() && value.constant->as<Tensor>().defined()) {
    described.dims = constant_sizes(id, !is_weight(value));
  }
  return described;
}

/// What is known of an argument.
Fact AssumedShapes::fact(ValueId id) { return with_types(value(id), graph_, id); }

Dimensions AssumedShapes::constant_sizes(ValueId id, bool stretchable) {
  const Tensor& tensor = graph_.values[id].constant->as<Tensor>();
  Dimensions sizes;
  for (std::size_t d = 0; d < tensor.sizes().size(); ++d) {
    const std::int64_t size = tensor.sizes()[d];
    Along along = Along::kOther;
    if (stretchable && size > 1 && tensor.numel() <= kLargestStretched &&
        !is_quantized(tensor.dtype())) {
      along = look_along(tensor, d);
    }
    if (along == Along::kOther) {
      sizes.push_back(Dimension::of(size));
      continue;
    }
    const Dimension symbol = solver_.constant(size);
    stretches_.push_back({id, d, size, along == Along::kCounts, symbol});
    sizes.push_back(symbol);
  }
  return sizes;
}

void AssumedShapes::visit(std::size_t index) {
  const Node& node = graph_.nodes[index];
  if (node.kind == NodeKind::kList || node.kind == NodeKind::kTuple) {
    Fact list;
    ItemCollector items;
    for (const ValueId id : node.inputs) items.add(fact(id));
    list.items = items.take();
    values_[node.outputs[0]] = std::move(list);
    return;
  }
  if (node.kind == NodeKind::kUnpack) {
    const Fact& list = value(node.inputs[0]);
    const bool known = list.items && list.items->size() == node.outputs.size();
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      values_[node.outputs[i]] = known ? (*list.items)[i] : Fact{};
    }
    return;
  }
  visit_operator(index);
}

void AssumedShapes::visit_operator(std::size_t index) {
  const Node& node = graph_.nodes[index];
  std::vector<Fact> arguments;
  for (const ValueId id : node.inputs) arguments.push_back(fact(id));
  std::vector<Fact> results(node.outputs.size());
  AssumingDomain domain(*this, index);
  try {
    infer(*node.op, arguments, results, &domain);
  } catch (const Mismatch&) {
    ++contradictions_;
    results.assign(node.outputs.size(), Fact());
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    note_written(node, i, results[i]);
    values_[node.outputs[i]] = std::move(results[i]);
    describe_baked(node.outputs[i]);
  }
}

/// What is written in place has another number from here on.
void AssumedShapes::note_written(const Node& node, std::size_t result, const Fact& written) {
  const Alias& alias = node.op->schema.result_aliases[result];
  if (!alias.write) return;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.op->schema.arguments[i].alias.set == alias.set) {
      value(node.inputs[i]).number = written.number;
    }
  }
}

/// Of what the code's numbers alone make the sizes are known, whatever made it.
void AssumedShapes::describe_baked(ValueId id) {
  const auto* tensor = baked_[id] ? std::get_if<Tensor>(&*baked_[id]) : nullptr;
  if (tensor == nullptr || !tensor->defined() || values_[id]->dims) return;
  values_[id]->dims.emplace();
  for (const std::int64_t size : tensor->sizes()) {
    values_[id]->dims->push_back(Dimension::of(size));
  }
}

/// An input's size that had to be a number: constants of the model demand it.
void AssumedShapes::note_bound_inputs(std::size_t node) {
  for (std::size_t i = 0; i < input_sizes_.size(); ++i) {
    if (noted_[i]) continue;
    const std::optional<std::int64_t> literal = solver_.resolve(input_sizes_[i]).literal();
    if (!literal) continue;
    noted_[i] = true;
    if (*literal == 1) ++contradictions_;  // of no use as a size: the rank is another
    locks_.push_back({.size = input_sizes_[i],
                      .value = *literal,
                      .node = node,
                      .reason = "a constant of the archive has this size, and no other fits it",
                      .must = true});
  }
}

}  // namespace henson::runtime
