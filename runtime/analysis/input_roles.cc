#include "runtime/analysis/input_roles.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "runtime/analysis/uses.h"

namespace henson::runtime {
namespace {

constexpr std::int64_t kMostTokenTypes = 4;

bool is_operator(const Node& node) { return node.kind == NodeKind::kOperator; }

/// Operators past which an input is no mask any more: it has become, or was, hidden states.
bool mixes_features(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {
      "aten::embedding", "aten::embedding_bag",
      "aten::linear",    "aten::addmm",
      "aten::mm",        "aten::matmul",
      "aten::bmm",       "aten::baddbmm",
      "aten::conv1d",    "aten::conv2d",
      "aten::einsum",    "aten::layer_norm",
      "aten::one_hot",   "aten::_convolution",
      "aten::softmax",   "aten::scaled_dot_product_attention"};
  return kNames.contains(name) || name.starts_with("quantized::");
}

/// Operators that look at a tensor's sizes or type and not at its elements.
bool reads_no_elements(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {
      "aten::size",  "aten::dim",    "aten::numel",      "aten::len", "aten::is_floating_point",
      "prim::dtype", "prim::device", "prim::NumToTensor"};
  return kNames.contains(name) || name.ends_with("_like") || name.starts_with("aten::new_");
}

/// The table and the indices of a lookup.
struct Lookup {
  ValueId table = 0;
  ValueId indices = 0;
};

std::optional<Lookup> lookup_of(const Node& node) {
  if (!is_operator(node)) return std::nullopt;
  const std::string& name = node.op->schema.name;
  if (name == "aten::embedding" || name == "aten::embedding_bag" || name == "aten::index") {
    return Lookup{node.inputs[0], node.inputs[1]};
  }
  if (name == "aten::index_select") return Lookup{node.inputs[0], node.inputs[2]};
  return std::nullopt;
}

/// Whether an attention takes the value as its mask.
bool is_attention_mask(const Node& node, std::size_t position) {
  const Schema& schema = node.op->schema;
  if (schema.name == "aten::softmax") return position == 0;
  const bool attends = schema.name == "aten::scaled_dot_product_attention" ||
                       schema.name == "aten::_native_multi_head_attention" ||
                       schema.name == "aten::_transformer_encoder_layer_fwd";
  if (!attends || position >= schema.arguments.size()) return false;
  const std::string& argument = schema.arguments[position].name;
  return argument == "attn_mask" || argument == "mask";
}

/// For each value, the node that makes it; null for inputs and constants.
std::vector<const Node*> makers_of(const Graph& graph) {
  std::vector<const Node*> makers(graph.values.size(), nullptr);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) makers[id] = &node;
  }
  return makers;
}

class Flow {
 public:
  explicit Flow(const Graph& graph) : graph_(graph), makers_(makers_of(graph)) {}

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
      const Node* const maker = makers_[id];
      if (maker == nullptr || !is_operator(*maker) || maker->inputs.empty()) return {};
      if (!keeps_elements(*maker)) return {};
      id = maker->inputs[0];
    }
  }

  /// Where an input's elements go.
  struct Reach {
    std::vector<bool> own;      // for each value, whether its elements are the input's own
    std::vector<bool> derived;  // or computed from them, one by one
    Shape table;                // the largest that its own elements index
    bool mask = false;          // attention takes a derived value as its mask
  };

  Reach follow(ValueId input) const {
    Reach reach;
    reach.own.resize(graph_.values.size());
    reach.derived.resize(graph_.values.size());
    reach.own[input] = reach.derived[input] = true;
    for (const Node& node : graph_.nodes) {
      if (const auto lookup = lookup_of(node); lookup && reach.own[lookup->indices]) {
        const Shape found = table(lookup->table);
        if (found.rows > reach.table.rows) reach.table = found;
      }
      pass(node, reach);
    }
    return reach;
  }

  /// Whether a value is computed by counting: some way back stands a cumsum.
  bool counts(ValueId value) const {
    return comes_from(value, [](const Node& maker) { return is_named(maker, "aten::cumsum"); });
  }

  /// Where the arange starts that a value is computed from; 0 when none tells.
  std::int64_t start_of_range(ValueId value) const {
    std::int64_t start = 0;
    comes_from(value, [&](const Node& maker) {
      if (!is_named(maker, "aten::arange")) return false;
      if (maker.op->schema.arguments[0].name == "start")
        start = integer(maker.inputs[0]).value_or(0);
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
  static bool is_named(const Node& node, std::string_view name) {
    return is_operator(node) && node.op->schema.name == name;
  }

  /// Whether a value's elements are computed from what a node makes that `wanted` takes.
  template <typename Wanted>
  bool comes_from(ValueId value, const Wanted& wanted) const {
    std::vector<ValueId> open{value};
    std::unordered_set<ValueId> seen;
    while (!open.empty()) {
      const ValueId id = open.back();
      open.pop_back();
      if (!seen.insert(id).second || makers_[id] == nullptr) continue;
      const Node& maker = *makers_[id];
      if (wanted(maker)) return true;
      if (is_operator(maker) && reads_no_elements(maker.op->schema.name)) continue;
      open.insert(open.end(), maker.inputs.begin(), maker.inputs.end());
    }
    return false;
  }

  void pass(const Node& node, Reach& reach) const {
    bool own = false;
    bool derived = false;
    const bool is_op = is_operator(node);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!reach.derived[node.inputs[i]]) continue;
      if (is_op && is_attention_mask(node, i)) reach.mask = true;
      if (i > 0 && keeps_elements(node)) continue;  // of the others sizes and types count alone
      derived = true;
      if (reach.own[node.inputs[i]]) {
        own = own || !is_op || (i == 0 && keeps_elements(node));
      }
    }
    if (!derived) return;
    if (is_op) {
      const std::string& name = node.op->schema.name;
      if (mixes_features(name) || reads_no_elements(name)) return;
      if (writes(node)) reach.derived[node.inputs[0]] = true;
    }
    for (const ValueId id : node.outputs) {
      reach.derived[id] = true;
      if (own) reach.own[id] = true;
    }
  }

  const Graph& graph_;
  std::vector<const Node*> makers_;
};

InputRole role_of(const Flow::Reach& reach, std::int64_t words) {
  if (reach.table.rows == 0) return reach.mask ? InputRole::kMask : InputRole::kOther;
  if (reach.table.rows <= kMostTokenTypes) return InputRole::kTokenTypes;
  return reach.table.rows == words ? InputRole::kIds : InputRole::kPositions;
}

/// The row of a table of positions that the first token of a sequence has.
std::int64_t first_row(const Flow& flow, const Node& node, const Lookup& lookup) {
  // The padding's own row comes before those that are counted.
  const std::int64_t padding =
      node.inputs.size() > 2 ? flow.integer(node.inputs[2]).value_or(-1) : -1;
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
    const auto lookup = lookup_of(node);
    if (!lookup || given[lookup->indices] || node.op->schema.name != "aten::embedding") continue;
    const Flow::Shape shape = flow.table(lookup->table);
    // Biases of relative positions have a column a head.
    if (shape.rows <= kMostTokenTypes || shape.columns != columns) continue;
    if (!found || shape.rows < found->rows) {
      found = PositionTable{shape.rows, first_row(flow, node, *lookup)};
    }
  }
  return found;
}

}  // namespace henson::runtime
