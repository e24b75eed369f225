#include "runtime/unlock/shape_analysis.h"

#include <algorithm>

#include "runtime/analysis/baked_values.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

constexpr std::int64_t kLargestStretched = 1 << 16;  // elements of a constant that is looked at

std::optional<std::int64_t> integer_of(const std::optional<Value>& value) {
  if (!value) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&*value)) return *integer;
  if (const auto* flag = std::get_if<bool>(&*value)) return *flag ? 1 : 0;
  return std::nullopt;
}

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
  const Tensor wide = tensor.to(DType::kFloat64);
  return steps_evenly<double>(wide, dim, 0.0) ? Along::kRepeats : Along::kOther;
}

}  // namespace

ShapeAnalysis::ShapeAnalysis(const Graph& graph, const std::vector<InputShape>& inputs,
                             const std::vector<std::optional<Value>>& baked)
    : graph_(graph),
      baked_(baked),
      producers_(graph.values.size(), nullptr),
      values_(graph.values.size()) {
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) producers_[id] = &node;
  }
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    AbstractValue value;
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

void ShapeAnalysis::note_dependents() {
  depends_.assign(graph_.values.size(), false);
  weighs_.assign(graph_.values.size(), false);
  for (const GraphInput& input : graph_.inputs) depends_[input.value] = true;
  for (std::size_t id = 0; id < graph_.values.size(); ++id) {
    weighs_[id] = is_real_weight(graph_.values[id]);
  }
  for (const Node& node : graph_.nodes) {
    for (const auto set : {&depends_, &weighs_}) {
      const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](ValueId id) { return (*set)[id]; });
      for (const ValueId id : node.outputs) (*set)[id] = any;
    }
  }
}

void ShapeAnalysis::run() {
  note_dependents();
  visit_all();
  // What later nodes told of the dummy input helps with the earlier ones.
  const std::size_t contradictions = contradictions_;
  visit_all();
  contradictions_ = std::max(contradictions_, contradictions);
  settle();
}

void ShapeAnalysis::visit_all() {
  contradictions_ = 0;
  locks_ = kept_locks_;
  rows_.clear();
  held_.clear();
  limits_.clear();
  noted_.assign(input_sizes_.size(), false);
  for (std::size_t id = 0; id < values_.size(); ++id) {
    if (values_[id] && graph_.values[id].constant)
      values_[id]->content = content_of(static_cast<ValueId>(id));
  }
  for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
    visit(node);
    note_bound_inputs(node);
  }
}

AbstractValue& ShapeAnalysis::value(ValueId id) {
  if (!values_[id]) values_[id] = describe_constant(id);
  return *values_[id];
}

AbstractValue ShapeAnalysis::describe_constant(ValueId id) {
  const std::optional<Value>& constant = graph_.values[id].constant;
  AbstractValue described;
  if (constant && constant->is<Tensor>())
    described = describe_tensor(id, !is_weight(graph_.values[id]));
  described.content = content_of(id);
  return described;
}

/// Of an int, or of an integer tensor of one element.
std::optional<Dimension> ShapeAnalysis::content_of(ValueId id) const {
  const std::optional<Value>& constant = graph_.values[id].constant;
  if (!constant) return std::nullopt;
  if (const std::optional<std::int64_t> integer = integer_of(constant)) {
    return Dimension::of(*integer);
  }
  const auto* tensor = std::get_if<Tensor>(&*constant);
  if (tensor == nullptr || tensor->numel() != 1 || !is_integral(tensor->dtype())) {
    return std::nullopt;
  }
  return Dimension::of(*tensor->to(DType::kInt64).data<std::int64_t>());
}

AbstractValue ShapeAnalysis::describe_tensor(ValueId id, bool stretchable) {
  const Tensor& tensor = graph_.values[id].constant->as<Tensor>();
  AbstractValue described;
  described.dims.emplace();
  for (std::size_t d = 0; d < tensor.sizes().size(); ++d) {
    const std::int64_t size = tensor.sizes()[d];
    Along along = Along::kOther;
    if (stretchable && size > 1 && tensor.numel() <= kLargestStretched &&
        !is_quantized(tensor.dtype())) {
      along = look_along(tensor, d);
    }
    if (along == Along::kOther) {
      described.dims->push_back(Dimension::of(size));
      continue;
    }
    const Dimension symbol = solver_.constant(size);
    stretches_.push_back({id, d, size, along == Along::kCounts, symbol});
    described.dims->push_back(symbol);
  }
  return described;
}

void ShapeAnalysis::visit(std::size_t index) {
  const Node& node = graph_.nodes[index];
  if (node.kind == NodeKind::kList || node.kind == NodeKind::kTuple) {
    AbstractValue list;
    list.items.emplace();
    for (const ValueId id : node.inputs) list.items->push_back(value(id));
    values_[node.outputs[0]] = std::move(list);
    return;
  }
  if (node.kind == NodeKind::kUnpack) {
    const AbstractValue& list = value(node.inputs[0]);
    const bool known = list.items && list.items->size() == node.outputs.size();
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      values_[node.outputs[i]] = known ? (*list.items)[i] : AbstractValue{};
    }
    return;
  }
  RuleCall call(*this, index);
  try {
    if (const ShapeRule rule = find_shape_rule(node.op->schema.name)) rule(call);
  } catch (const Contradiction&) {
    ++contradictions_;
  }
  while (!call.complete()) call.give_unknown();
  for (const ValueId id : node.outputs) describe_baked(id);
}

/// Of what the code's numbers alone make the sizes are known, whatever made it.
void ShapeAnalysis::describe_baked(ValueId id) {
  const auto* tensor = baked_[id] ? std::get_if<Tensor>(&*baked_[id]) : nullptr;
  if (tensor == nullptr || !tensor->defined() || values_[id]->dims) return;
  values_[id]->dims.emplace();
  for (const std::int64_t size : tensor->sizes()) {
    values_[id]->dims->push_back(Dimension::of(size));
  }
}

/// An input's size that had to be a number: constants of the model demand it.
void ShapeAnalysis::note_bound_inputs(std::size_t node) {
  for (std::size_t i = 0; i < input_sizes_.size(); ++i) {
    if (noted_[i]) continue;
    const std::optional<std::int64_t> literal = solver_.resolve(input_sizes_[i]).literal();
    if (!literal) continue;
    noted_[i] = true;
    if (*literal == 1) ++contradictions_;  // of no use as a size: the rank is another
    locks_.push_back({input_sizes_[i], *literal, false, node,
                      "a constant of the archive has this size, and no other fits it"});
  }
}

std::optional<std::size_t> RuleCall::argument(std::string_view name) const {
  const std::vector<Argument>& arguments = node_.op->schema.arguments;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name == name) return i;
  }
  return std::nullopt;
}

bool RuleCall::is_tensor(std::size_t i) const {
  return analysis_.graph_.values[node_.inputs[i]].type.kind == TypeKind::kTensor;
}

std::optional<Dimensions> RuleCall::dims(std::size_t i) {
  const AbstractValue& described = value(i);
  if (!described.dims) return std::nullopt;
  Dimensions resolved;
  for (const Dimension& dim : *described.dims) resolved.push_back(solver().resolve(dim));
  return resolved;
}

std::vector<ValueId> RuleCall::list_parts(std::size_t i) const {
  const Node* const producer = analysis_.producers_[node_.inputs[i]];
  if (producer == nullptr || producer->kind != NodeKind::kList) return {};
  return producer->inputs;
}

std::size_t RuleCall::unpacked_into() const {
  std::size_t count = 0;
  for (const Node& node : analysis_.graph_.nodes) {
    const bool uses =
        std::find(node.inputs.begin(), node.inputs.end(), node_.outputs[0]) != node.inputs.end();
    if (!uses) continue;
    if (node.kind != NodeKind::kUnpack) return 0;
    count = node.outputs.size();
  }
  return count;
}

bool RuleCall::is_none(ValueId id) const {
  const std::optional<Value>& constant = analysis_.graph_.values[id].constant;
  return constant && constant->is_none();
}

bool RuleCall::holds_integers(ValueId id) const {
  const std::optional<DType> dtype = analysis_.graph_.values[id].dtype;
  return dtype && is_integral(*dtype);
}

std::optional<std::int64_t> RuleCall::number(std::size_t i) const {
  return integer_of(analysis_.graph_.values[node_.inputs[i]].constant);
}

std::optional<std::int64_t> RuleCall::number(std::string_view name) const {
  const std::optional<std::size_t> i = argument(name);
  return i ? number(*i) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> RuleCall::numbers(std::size_t i) const {
  const std::optional<Value>& constant = analysis_.graph_.values[node_.inputs[i]].constant;
  if (!constant) return std::nullopt;
  if (const std::optional<std::int64_t> single = integer_of(constant)) return {{*single}};
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&*constant);
  if (list == nullptr) return std::nullopt;
  std::vector<std::int64_t> found;
  for (const Value& item : (*list)->items) {
    const std::optional<std::int64_t> integer = integer_of(item);
    if (!integer) return std::nullopt;
    found.push_back(*integer);
  }
  return found;
}

Dimension RuleCall::site(std::size_t argument, std::optional<std::size_t> item, std::int64_t value,
                         SitePurpose purpose, const Dimension& against) {
  const auto key = std::make_tuple(index_, argument, item.value_or(static_cast<std::size_t>(-1)));
  const auto known = analysis_.site_index_.find(key);
  if (known != analysis_.site_index_.end()) return analysis_.sites_[known->second].symbol;
  const Dimension symbol = solver().constant(value);
  analysis_.site_index_.emplace(key, analysis_.sites_.size());
  analysis_.sites_.push_back({index_, argument, item, value, symbol, purpose, against, 0});
  return symbol;
}

std::optional<Dimension> RuleCall::size_argument(std::size_t i, SitePurpose purpose,
                                                 const Dimension& against) {
  if (const std::optional<std::int64_t> integer = number(i)) {
    return *integer < 1 ? Dimension::of(*integer)
                        : site(i, std::nullopt, *integer, purpose, against);
  }
  const std::optional<Dimension>& content = value(i).content;
  return content ? std::optional(solver().resolve(*content)) : std::nullopt;
}

std::optional<std::vector<std::optional<Dimension>>> RuleCall::size_list(std::size_t i,
                                                                         SitePurpose purpose) {
  std::vector<std::optional<Dimension>> sizes;
  const auto add_number = [&](std::size_t item, std::int64_t integer) {
    if (integer == -1) {
      sizes.emplace_back();
    } else {
      sizes.emplace_back(integer < 1 ? Dimension::of(integer)
                                     : site(i, item, integer, purpose, {}));
    }
  };
  if (const auto constants = numbers(i)) {
    for (std::size_t k = 0; k < constants->size(); ++k) add_number(k, (*constants)[k]);
    return sizes;
  }
  const std::optional<std::vector<AbstractValue>> items = value(i).items;
  if (!items) return std::nullopt;
  for (std::size_t k = 0; k < items->size(); ++k) {
    if (!(*items)[k].content) return std::nullopt;
    const Dimension size = solver().resolve(*(*items)[k].content);
    if (const std::optional<std::int64_t> literal = size.literal()) {
      add_number(k, *literal);
    } else {
      sizes.emplace_back(size);
    }
  }
  return sizes;
}

void RuleCall::set_against(const Dimension& symbol, const Dimension& against) {
  for (SizeSite& known : analysis_.sites_) {
    if (known.symbol == symbol && known.node == index_) known.against = against;
  }
}

void RuleCall::set_start(const Dimension& symbol, std::int64_t start) {
  for (SizeSite& known : analysis_.sites_) {
    if (known.symbol == symbol && known.node == index_) known.start = start;
  }
}

bool RuleCall::depends_on_input(const Dimension& dimension) {
  const Dimension resolved = solver().resolve(dimension);
  const std::vector<SymbolId> symbols = resolved.symbols();
  return std::any_of(symbols.begin(), symbols.end(), [&](SymbolId id) {
    return solver().symbol(id).kind != DimensionSolver::Kind::kConstant;
  });
}

std::size_t RuleCall::wrap(std::int64_t dim, std::size_t rank) const {
  const auto bound = static_cast<std::int64_t>(std::max<std::size_t>(rank, 1));
  if (dim < -bound || dim >= bound) throw Contradiction{};
  return static_cast<std::size_t>(dim < 0 ? dim + bound : dim);
}

void RuleCall::give_content(std::optional<Dimension> content, bool tensor) {
  AbstractValue result;
  if (tensor) result.dims.emplace();
  result.content = std::move(content);
  give(std::move(result));
}

Dimension RuleCall::broadcast(const Dimension& a, const Dimension& b) {
  const Dimension x = solver().resolve(a);
  const Dimension y = solver().resolve(b);
  // A mask given with three or four dimensions has sizes of one: they are repeated, not equal.
  if (is_size_of_mask(x) && y.literal() && !y.is_one()) return y;
  if (is_size_of_mask(y) && x.literal() && !x.is_one()) return x;
  const std::optional<Dimension> both = solver().broadcast(x, y);
  if (!both) throw Contradiction{};
  return *both;
}

/// A size, not the first nor the last, of an input with three dimensions or more.
bool RuleCall::is_size_of_mask(const Dimension& dimension) {
  const std::optional<SymbolId> id = dimension.symbol();
  if (!id) return false;
  const DimensionSolver::Symbol& symbol = solver().symbol(*id);
  if (symbol.kind != DimensionSolver::Kind::kInput || symbol.dim == 0) return false;
  const ValueId input = analysis_.graph_.inputs[symbol.input].value;
  const std::size_t rank = analysis_.value(input).dims->size();
  return rank > 2 && symbol.dim + 1 < rank;
}

Dimensions RuleCall::broadcast(const Dimensions& a, const Dimensions& b) {
  Dimensions result(std::max(a.size(), b.size()), Dimension::of(1));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const Dimension x = i < a.size() ? a[a.size() - 1 - i] : Dimension::of(1);
    const Dimension y = i < b.size() ? b[b.size() - 1 - i] : Dimension::of(1);
    result[result.size() - 1 - i] = broadcast(x, y);
  }
  return result;
}

void RuleCall::same(const Dimension& a, const Dimension& b) {
  if (!solver().unify(a, b)) throw Contradiction{};
}

ShapeRule find_shape_rule(const std::string& name) {
  static const ShapeRules rules = [] {
    ShapeRules built;
    add_elementwise_rules(built);
    add_view_rules(built);
    add_product_rules(built);
    add_number_rules(built);
    add_join_rules(built);
    add_window_rules(built);
    return built;
  }();
  const auto found = rules.find(name);
  return found == rules.end() ? nullptr : found->second;
}

}  // namespace henson::runtime
