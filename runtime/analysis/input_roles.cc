#include "runtime/analysis/input_roles.h"

#include <algorithm>
#include <unordered_set>

#include "runtime/analysis/data_flow.h"
#include "runtime/operators/indexing.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime {
namespace {

constexpr std::int64_t kMostTokenTypes = 4;

/// What makes of an input's elements hidden states: past it they are no mask any more.
constexpr Trait kMakesFeatures = Trait::kLooksUp | Trait::kMultiplies | Trait::kMixes |
                                 Trait::kSoftmax | Trait::kLogSoftmax | Trait::kQuantized;

/// Whether an attention takes the value as its mask.
bool is_attention_mask(const Node& node, std::size_t argument) {
  if (has_any(node, Trait::kSoftmax)) return argument == 0;
  if (!has_any(node, Trait::kMixes)) return false;
  return argument == argument_of(node, "attn_mask") || argument == argument_of(node, "mask");
}

class Flow {
 public:
  explicit Flow(const Graph& graph) : graph_(graph), producers_(graph) {}

  std::vector<Lookup> lookups(const Node& node) const { return lookups_of(producers_, node); }

  struct Shape {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
  };

  /// The shape of a table, through views and casts; no rows when it is no matrix of the archive.
  Shape table(ValueId id) const {
    for (;;) {
      if (const auto& constant = graph_.values[id].constant) {
        const auto* tensor = std::get_if<Tensor>(&*constant);
        if (tensor == nullptr || !tensor->defined() || tensor->dim() != 2) return {};
        return {tensor->size(0), tensor->size(1)};
      }
      const Node* const producer = producers_.of(id);
      if (producer == nullptr || !keeps_elements(*producer)) return {};
      id = producer->inputs[0];
    }
  }

  /// Where an input's elements go.
  struct Reach {
    std::vector<bool> own;      // for each value, whether its elements are the input's own
    std::vector<bool> derived;  // or computed from them, one by one
    std::vector<bool> places;   // or say where they are not 0
    Shape table;                // the largest that its own elements index
    bool mask = false;          // attention takes a derived value as its mask, or hidden states are
                                // picked where one is not 0
  };

  Reach follow(ValueId input) const {
    Reach reach;
    reach.own.resize(graph_.values.size());
    reach.derived.resize(graph_.values.size());
    reach.places.resize(graph_.values.size());
    reach.own[input] = reach.derived[input] = true;
    for (const Node& node : graph_.nodes) {
      for (const Lookup& lookup : lookups(node)) {
        const Shape found = reach.own[lookup.indices] ? table(lookup.table) : Shape();
        if (found.rows > reach.table.rows) reach.table = found;
        if (picks_where(lookup, reach)) reach.mask = true;
      }
      if (is_masked_select(node) && reach.derived[node.inputs[1]]) reach.mask = true;
      pass(node, reach);
    }
    return reach;
  }

  /// Whether a value is computed by counting: some way back stands a running sum.
  bool counts(ValueId value) const {
    return comes_from(value, [](const Node& node) { return has_any(node, Trait::kAccumulates); });
  }

  /// Where the arange starts that a value is computed from; 0 when none tells.
  std::int64_t start_of_range(ValueId value) const {
    std::int64_t start = 0;
    comes_from(value, [&](const Node& node) {
      if (node.kind != NodeKind::kOperator || node.op->rule.shape != shapes::counted) return false;
      if (const auto place = argument_of(node, "start")) {
        start = integer(node.inputs[*place]).value_or(0);
      }
      return true;
    });
    return start;
  }

  std::optional<std::int64_t> integer(ValueId value) const {
    const auto& constant = graph_.values[value].constant;
    const auto* const number = constant ? std::get_if<std::int64_t>(&*constant) : nullptr;
    return number == nullptr ? std::nullopt : std::optional(*number);
  }

 private:
  static bool is_masked_select(const Node& node) {
    return is_operator(node) && node.op->rule.shape == shapes::counted_ones;
  }

  /// Whether something other than a table is looked up where the input's elements are not 0.
  bool picks_where(const Lookup& lookup, const Reach& reach) const {
    const bool where =
        reach.places[lookup.indices] ||
        (reach.derived[lookup.indices] && graph_.values[lookup.indices].dtype == DType::kBool);
    return where && !reach.derived[lookup.table] && table(lookup.table).rows == 0;
  }

  /// Whether a value's elements are computed from what a node makes that `wanted` takes.
  template <typename Wanted>
  bool comes_from(ValueId value, const Wanted& wanted) const {
    std::vector<ValueId> open{value};
    std::unordered_set<ValueId> seen;
    while (!open.empty()) {
      const ValueId id = open.back();
      open.pop_back();
      const Node* const producer = producers_.of(id);
      if (!seen.insert(id).second || producer == nullptr) continue;
      if (wanted(*producer)) return true;
      for (std::size_t i = 0; i < producer->inputs.size(); ++i) {
        if (reads_elements(*producer, i)) open.push_back(producer->inputs[i]);
      }
    }
    return false;
  }

  void pass(const Node& node, Reach& reach) const {
    bool own = false;
    bool derived = false;
    bool places = is_operator(node) && (node.op->rule.shape == shapes::places ||
                                        node.op->rule.shape == shapes::columns_of_places);
    places = places && reach.derived[node.inputs[0]];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!reach.derived[node.inputs[i]]) continue;
      places = places || (reach.places[node.inputs[i]] && reads_elements(node, i));
      if (is_attention_mask(node, i)) reach.mask = true;
      if (!reads_elements(node, i)) continue;
      derived = true;
      const bool kept = node.kind != NodeKind::kOperator || keeps_elements(node);
      own = own || (kept && reach.own[node.inputs[i]]);
    }
    if (!derived || has_any(node, kMakesFeatures)) return;
    if (writes(node)) reach.derived[node.inputs[0]] = true;
    for (const ValueId id : node.outputs) {
      reach.derived[id] = true;
      if (own) reach.own[id] = true;
      if (places) reach.places[id] = true;
    }
  }

  const Graph& graph_;
  Producers producers_;
};

InputRole role_of(const Flow::Reach& reach, std::int64_t words) {
  if (reach.table.rows == 0) return reach.mask ? InputRole::kMask : InputRole::kOther;
  if (reach.table.rows <= kMostTokenTypes) return InputRole::kTokenTypes;
  return reach.table.rows == words ? InputRole::kIds : InputRole::kPositions;
}

/// The row of a table of positions that the first token of a sequence has.
std::int64_t first_row(const Flow& flow, const Node& node, const Lookup& lookup) {
  // The padding's own row comes before those that are counted.
  const auto place = argument_of(node, "padding_idx");
  const std::int64_t padding = place ? flow.integer(node.inputs[*place]).value_or(-1) : -1;
  if (padding > 0 || flow.counts(lookup.indices)) return padding + 1;
  return flow.start_of_range(lookup.indices);
}

}  // namespace

std::vector<InputRole> input_roles(const Graph& graph) {
  const Flow flow(graph);
  std::vector<Flow::Reach> reaches;
  std::int64_t words = 0;
  for (const GraphInput& input : graph.inputs) {
    reaches.push_back(flow.follow(input.value));
    words = std::max(words, reaches.back().table.rows);
  }
  std::vector<InputRole> roles;
  for (const Flow::Reach& reach : reaches) roles.push_back(role_of(reach, words));
  return roles;
}

std::optional<PositionTable> find_position_table(const Graph& graph) {
  const Flow flow(graph);
  const std::vector<InputRole> roles = input_roles(graph);
  std::vector<bool> given(graph.values.size());  // the elements of an input other than positions
  std::int64_t columns = 0;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i] == InputRole::kPositions) continue;
    const Flow::Reach reach = flow.follow(graph.inputs[i].value);
    if (roles[i] == InputRole::kIds) columns = reach.table.columns;
    for (std::size_t id = 0; id < given.size(); ++id) given[id] = given[id] || reach.own[id];
  }
  std::optional<PositionTable> found;
  for (const Node& node : graph.nodes) {
    if (!has_any(node, Trait::kLooksUp)) continue;
    for (const Lookup& lookup : flow.lookups(node)) {
      if (given[lookup.indices]) continue;
      const Flow::Shape shape = flow.table(lookup.table);
      // Biases of relative positions have a column a head.
      if (shape.rows <= kMostTokenTypes || shape.columns != columns) continue;
      if (!found || shape.rows < found->rows) {
        found = PositionTable{shape.rows, first_row(flow, node, lookup)};
      }
    }
  }
  return found;
}

}  // namespace henson::runtime
