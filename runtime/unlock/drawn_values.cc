#include "runtime/unlock/drawn_values.h"

#include <algorithm>
#include <set>

#include "runtime/analysis/baked_values.h"
#include "runtime/analysis/compute_node.h"
#include "runtime/graph/aliases.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime {
namespace {

constexpr std::int64_t kFurthest = 2048;    // distances that are looked at, on either side
constexpr std::size_t kMostComputed = 400;  // nodes: an archive may have many

/// What is computed of elements at other places too, or of none.
constexpr Trait kElsewhere = Trait::kMixes | Trait::kAccumulates | Trait::kMultiplies |
                             Trait::kSoftmax | Trait::kLogSoftmax | Trait::kPicks |
                             Trait::kLooksUp | Trait::kReshapes | Trait::kReadsLayout;

bool is_elementwise(const Node& node) {
  if (!is_operator(node) || has_any(node, kElsewhere)) return false;
  static constexpr ShapeRule kRules[] = {shapes::same,
                                         shapes::same_elements,
                                         shapes::elementwise,
                                         shapes::sum,
                                         shapes::difference,
                                         shapes::reverse_difference,
                                         shapes::product,
                                         shapes::quotient,
                                         shapes::floor_quotient,
                                         shapes::trunc_quotient,
                                         shapes::rounded_quotient,
                                         shapes::remainder,
                                         shapes::smaller,
                                         shapes::larger,
                                         shapes::negative};
  return std::any_of(std::begin(kRules), std::end(kRules),
                     [&](ShapeRule rule) { return node.op->rule.shape == rule; });
}

bool subtracts(const Node& node) {
  return has_sizes_of(node, shapes::difference) || has_sizes_of(node, shapes::reverse_difference);
}

}  // namespace

DrawnValues::DrawnValues(const Graph& graph, const Producers& producers,
                         const std::vector<std::optional<Fact>>& facts,
                         const std::vector<std::optional<Value>>& baked)
    : graph_(graph),
      producers_(producers),
      facts_(facts),
      baked_(baked),
      drawn_(graph.values.size(), false),
      profiles_(graph.values.size()) {
  find_drawn();
  find_profiles();
}

bool DrawnValues::counts(ValueId id) const { return facts_[id] && facts_[id]->last.has_value(); }

void DrawnValues::find_drawn() {
  // What elements of inputs or weights have a part in.
  std::vector<bool> read(graph_.values.size(), false);
  for (const GraphInput& input : graph_.inputs) read[input.value] = true;
  for (std::size_t id = 0; id < read.size(); ++id) {
    if (is_weight(graph_.values[id])) read[id] = true;
  }
  for (const Node& node : graph_.nodes) {
    bool reads = false;
    bool draws = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      reads = reads || (read[id] && (!is_operator(node) || reads_elements(node, i)));
      draws = draws || drawn_[id];
    }
    for (const ValueId id : node.outputs) {
      read[id] = reads;
      drawn_[id] = !reads && (draws || counts(id)) && !baked_[id];
    }
  }
}

void DrawnValues::find_profiles() {
  const bool any = std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) {
    return has_any(node, Trait::kLooksUp) && node.inputs.size() > 1 && drawn_[node.inputs[1]];
  });
  if (!any) return;
  for (std::size_t n = 0; n < graph_.nodes.size() && computed_ < kMostComputed; ++n) {
    const Node& node = graph_.nodes[n];
    if (!is_operator(node)) continue;
    if (starts_distance(node)) {
      start(n);
    } else if (has_any(node, Trait::kLooksUp)) {
      look_up(n);
    } else if (is_elementwise(node)) {
      compute(n);
    } else if (has_any(node, Trait::kMoves)) {
      pass_on(n);
    }
  }
}

/// Places along one dimension less those along another.
bool DrawnValues::starts_distance(const Node& node) const {
  if (!subtracts(node) || node.inputs.size() < 2 || writes(node)) return false;
  const ValueId a = node.inputs[0];
  const ValueId b = node.inputs[1];
  if (!counts(a) || !counts(b) || !drawn_[a] || !drawn_[b] || profiles_[a] || profiles_[b])
    return false;
  const auto& x = facts_[a]->dims;
  const auto& y = facts_[b]->dims;
  if (!x || !y || x->empty() || y->empty()) return false;
  // One has its places along the last dimension, the other along the one before.
  return x->back().is_one() != y->back().is_one();
}

void DrawnValues::start(std::size_t n) {
  const Node& node = graph_.nodes[n];
  Tensor distances = Tensor::empty(system_memory(), DType::kInt64, {2 * kFurthest + 1});
  for (std::int64_t i = 0; i < distances.numel(); ++i) {
    distances.mutable_data<std::int64_t>()[i] = i - kFurthest;
  }
  const std::optional<DType> dtype = graph_.values[node.outputs[0]].dtype;
  if (dtype && *dtype != DType::kInt64) distances = distances.to(system_memory(), *dtype);
  profiles_[node.outputs[0]] = Profile{std::move(distances), n};
}

/// How the functions lie that a node computes with; nothing where they lie differently, or there is
/// none.
std::optional<std::size_t> DrawnValues::layout_of(const Node& node) const {
  std::optional<std::size_t> layout;
  for (const ValueId id : node.inputs) {
    if (!profiles_[id]) continue;
    if (layout && *layout != profiles_[id]->layout) return std::nullopt;
    layout = profiles_[id]->layout;
  }
  return layout;
}

/// Functions of the distance and single numbers, as the kernel takes them.
std::optional<std::vector<Value>> DrawnValues::arguments(const Node& node) const {
  std::vector<Value> found;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (profiles_[id]) {
      found.emplace_back(profiles_[id]->values);
      continue;
    }
    const GraphValue& value = graph_.values[id];
    const std::optional<Value>& known = baked_[id] ? baked_[id] : value.constant;
    const bool written = node.op->schema.arguments[i].alias.write;
    if (!known || is_weight(value) || written) return std::nullopt;
    const auto* tensor = std::get_if<Tensor>(&*known);
    if (tensor != nullptr && tensor->defined() && tensor->numel() != 1) return std::nullopt;
    found.push_back(*known);
  }
  return found;
}

void DrawnValues::compute(std::size_t n) {
  const Node& node = graph_.nodes[n];
  const std::optional<std::size_t> layout = layout_of(node);
  const auto inputs = layout ? arguments(node) : std::nullopt;
  if (!inputs) return;
  ++computed_;
  const std::optional<std::vector<Value>> results = compute_node(node, *inputs);
  if (!results) return;
  for (std::size_t i = 0; i < results->size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(&(*results)[i]);
    const bool fits =
        tensor != nullptr && tensor->defined() && tensor->sizes() == Dims{2 * kFurthest + 1};
    if (fits) profiles_[node.outputs[i]] = Profile{*tensor, *layout};
  }
}

/// Elements that go to other places are the same function of the distance, and lie in another way.
void DrawnValues::pass_on(std::size_t n) {
  const Node& node = graph_.nodes[n];
  if (node.inputs.empty() || node.outputs.size() != 1 || !profiles_[node.inputs[0]]) return;
  profiles_[node.outputs[0]] = Profile{profiles_[node.inputs[0]]->values, n};
}

void DrawnValues::look_up(std::size_t n) {
  for (const Lookup& lookup : lookups_of(producers_, graph_.nodes[n])) {
    const GraphValue& table = graph_.values[lookup.table];
    if (!profiles_[lookup.indices] || !is_weight(table)) continue;
    const auto* weight = std::get_if<Tensor>(&*table.constant);
    const Tensor& taken = profiles_[lookup.indices]->values;
    if (weight == nullptr || weight->sizes().empty() || !is_integral(taken.dtype())) continue;
    const Tensor rows = taken.to(system_memory(), DType::kInt64).contiguous(system_memory());
    const std::int64_t* const middle = rows.data<std::int64_t>() + kFurthest;
    std::vector<std::int64_t> right;
    std::vector<std::int64_t> left;
    for (std::int64_t d = 0; d <= kFurthest; ++d) {
      right.push_back(middle[d]);
      left.push_back(middle[-d]);
    }
    distance_rows_.push_back(
        {n, makers_of(lookup.indices), bucket_form(right, left, weight->sizes()[0])});
  }
}

/// The nodes that make a function of the distance, from where it starts on.
std::vector<std::size_t> DrawnValues::makers_of(ValueId id) const {
  std::set<std::size_t> found;
  std::vector<ValueId> pending = {id};
  while (!pending.empty()) {
    const ValueId next = pending.back();
    pending.pop_back();
    const std::optional<std::size_t> place = producers_.place_of(next);
    if (!place || !profiles_[next] || !found.insert(*place).second) continue;
    const std::vector<ValueId>& inputs = graph_.nodes[*place].inputs;
    pending.insert(pending.end(), inputs.begin(), inputs.end());
  }
  return {found.begin(), found.end()};
}

}  // namespace henson::runtime
