#include "runtime/inspection/outline.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/analysis/data_flow.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime {
namespace {

using Kind = OutlineStep::Kind;

class Outliner {
 public:
  explicit Outliner(const Graph& graph)
      : graph_(graph), producers_(graph), computed_(computed_from_inputs(graph)) {
    next_ = static_cast<ValueId>(graph.values.size());
  }

  Outline run() {
    for (const Node& node : graph_.nodes) add(node);
    connect();
    if (find_loose_attentions()) connect();
    return std::move(outline_);
  }

 private:
  // What a node's arguments are.

  const Value* constant(ValueId id) const {
    const auto& value = graph_.values[id].constant;
    return value ? &*value : nullptr;
  }
  bool is_none(ValueId id) const {
    const Value* const value = constant(id);
    return value != nullptr && value->is_none();
  }
  std::optional<ValueId> argument(const Node& node, std::string_view name) const {
    const auto place = argument_of(node, name);
    if (!place || is_none(node.inputs[*place])) return std::nullopt;
    return node.inputs[*place];
  }
  std::optional<double> number(const Node& node, std::string_view name) const {
    const auto id = argument(node, name);
    const Value* const value = id ? constant(*id) : nullptr;
    if (value == nullptr) return std::nullopt;
    if (const auto* real = std::get_if<double>(value)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(value)) {
      return static_cast<double>(*integer);
    }
    return std::nullopt;
  }
  std::string text(const Node& node, std::string_view name) const {
    const auto id = argument(node, name);
    const Value* const value = id ? constant(*id) : nullptr;
    const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? std::string() : *text;
  }
  /// A tensor of the archive, or made of such alone.
  bool is_weight(ValueId id) const {
    const Value* const value = constant(id);
    if (value == nullptr) return !computed_[id] && holds_tensor(graph_.values[id].type);
    return value->is<Tensor>() || value->is<std::shared_ptr<const PackedLinear>>();
  }
  static bool holds_tensor(const Type& type) {
    return type.kind == TypeKind::kTensor || type.kind == TypeKind::kPackedLinear;
  }

  // Steps.

  ValueId fresh() { return next_++; }

  OutlineStep& step(Kind kind, std::vector<ValueId> inputs, ValueId output) {
    OutlineStep made;
    made.kind = kind;
    made.inputs = std::move(inputs);
    made.outputs = {output};
    outline_.steps.push_back(std::move(made));
    return outline_.steps.back();
  }

  void set_weights(OutlineStep& made, std::optional<ValueId> weight, std::optional<ValueId> bias) {
    made.weight = weight;
    made.bias = bias;
    if (weight) made.weights.push_back(*weight);
    if (bias) made.weights.push_back(*bias);
  }

  void product(ValueId input, ValueId weight, std::optional<ValueId> bias, ValueId output) {
    set_weights(step(Kind::kProduct, {input}, output), weight, bias);
  }

  void norm(ValueId input, std::optional<ValueId> weight, std::optional<ValueId> bias,
            std::optional<double> eps, ValueId output) {
    OutlineStep& made = step(Kind::kNorm, {input}, output);
    set_weights(made, weight, bias);
    made.eps = eps;
  }

  /// What a fused operator does behind its product: the last value is the node's own.
  struct Tail {
    std::string activation;
    std::optional<ValueId> residual;
    std::optional<ValueId> norm_weight;
    std::optional<ValueId> norm_bias;
    std::optional<double> eps;
  };

  Tail tail_of(const Node& node) const {
    return {text(node, "activation"), argument(node, "residual"), argument(node, "norm_weight"),
            argument(node, "norm_bias"), number(node, "norm_eps")};
  }

  ValueId activation(ValueId value, const std::string& name, ValueId output) {
    step(Kind::kActivation, {value}, output).name = name;
    return output;
  }

  void product_with_tail(ValueId input, ValueId weight, std::optional<ValueId> bias,
                         const Tail& tail, ValueId output) {
    const bool activates = !tail.activation.empty() && tail.activation != "none";
    const int parts = (activates ? 1 : 0) + (tail.residual ? 1 : 0) + (tail.eps ? 1 : 0);
    int left = parts;
    const auto next = [&] { return left-- == 0 ? output : fresh(); };
    ValueId value = next();
    product(input, weight, bias, value);
    if (activates) value = activation(value, tail.activation, next());
    if (tail.residual) {
      const ValueId sum = next();
      step(Kind::kOther, {value, *tail.residual}, sum);
      value = sum;
    }
    if (tail.eps) norm(value, tail.norm_weight, tail.norm_bias, tail.eps, next());
  }

  void add(const Node& node) {
    if (node.kind != NodeKind::kOperator) return add_container(node);
    const std::string_view name = node.op->schema.name;
    if (name == "henson::linear") {
      return product_with_tail(node.inputs[0], node.inputs[1], argument(node, "bias"),
                               tail_of(node), node.outputs[0]);
    }
    if (name == "henson::projections") return add_projections(node);
    if (name == "henson::feed_forward") return add_feed_forward(node);
    if (argument_of(node, "qkv_weight")) return add_encoder_layer(node);
    if (has_any(node, Trait::kLooksUp)) return add_lookups(node);
    if (is_attention(node)) return add_attention(node);
    if (argument_of(node, "eps") && has_any(node, Trait::kMixes)) return add_norm(node);
    if (has_any(node, Trait::kMultiplies) && add_product(node)) return;
    add_other(node);
  }

  void add_container(const Node& node) {
    if (const auto known = projected_.find(node); known != nullptr) {
      for (std::size_t i = 0; i < node.outputs.size() && i < known->weights.size(); ++i) {
        product(known->input, known->weights[i], known->biases[i], node.outputs[i]);
      }
      return;
    }
    add_other(node);
  }

  /// The products stand where the list that they are made as is unpacked.
  void add_projections(const Node& node) {
    Projected projected{node.outputs[0], node.inputs[0], producers_.items_of(node.inputs[1]), {}};
    for (const ValueId bias : producers_.items_of(node.inputs[2])) {
      projected.biases.push_back(is_none(bias) ? std::nullopt : std::optional(bias));
    }
    projected.biases.resize(projected.weights.size());
    projected_.all.push_back(std::move(projected));
  }

  void add_feed_forward(const Node& node) {
    const ValueId up = fresh();
    const ValueId wide = fresh();
    Tail tail = tail_of(node);
    const std::string name = std::exchange(tail.activation, "none");
    product(node.inputs[0], *argument(node, "up_weight"), argument(node, "up_bias"), up);
    activation(up, name, wide);
    product_with_tail(wide, *argument(node, "down_weight"), argument(node, "down_bias"), tail,
                      node.outputs[0]);
  }

  void add_lookups(const Node& node) {
    std::vector<ValueId> rows;
    for (const Lookup& lookup : lookups_of(producers_, node)) {
      const bool alone = !argument_of(node, "addends");
      rows.push_back(alone ? node.outputs[0] : fresh());
      OutlineStep& made = step(Kind::kLookup, {lookup.indices}, rows.back());
      made.weight = lookup.table;
      made.weights = {lookup.table};
      if (alone) return;
    }
    const auto addends = argument(node, "addends");
    if (!addends) return add_other(node);
    const Tail tail = tail_of(node);
    const ValueId sum = tail.eps ? fresh() : node.outputs[0];
    OutlineStep& joined = step(Kind::kOther, std::move(rows), sum);
    for (const ValueId addend : producers_.items_of(*addends)) {
      (is_weight(addend) ? joined.weights : joined.inputs).push_back(addend);
    }
    if (tail.eps) norm(sum, tail.norm_weight, tail.norm_bias, tail.eps, node.outputs[0]);
  }

  static bool is_attention(const Node& node) {
    return has_any(node, Trait::kMixes) && argument_of(node, "query") && argument_of(node, "key") &&
           argument_of(node, "value");
  }

  void add_attention(const Node& node) {
    OutlineStep& made = step(Kind::kAttention, {}, node.outputs[0]);
    made.outputs = node.outputs;
    for (const std::string_view name : {"query", "key", "value"}) {
      made.inputs.push_back(*argument(node, name));
    }
    for (const std::string_view name : {"bias", "fill", "attn_mask"}) {
      if (const auto mask = argument(node, name)) made.inputs.push_back(*mask);
    }
    made.scores_bias = argument(node, "bias");
    if (!made.scores_bias) made.scores_bias = argument(node, "attn_mask");
    if (const auto heads = number(node, "heads")) made.heads = static_cast<std::int64_t>(*heads);
  }

  void add_norm(const Node& node) {
    norm(node.inputs[0], argument(node, "weight"), argument(node, "bias"), number(node, "eps"),
         node.outputs[0]);
    outline_.steps.back().outputs = node.outputs;
  }

  /// False when neither factor is a weight.
  bool add_product(const Node& node) {
    std::optional<ValueId> weight;
    for (const ValueId factor : factors_of(producers_, node)) {
      if (is_weight(factor)) weight = factor;
    }
    if (!weight) return false;
    std::optional<ValueId> bias = argument(node, "bias");
    if (!bias && argument_of(node, "beta") && is_weight(node.inputs[0])) bias = node.inputs[0];
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (computed_[id] && reads_elements(node, i)) inputs.push_back(id);
    }
    OutlineStep& made = step(Kind::kProduct, std::move(inputs), node.outputs[0]);
    set_weights(made, weight, bias);
    const Value* const known = constant(*weight);
    made.turned = !argument_of(node, "weight") && (known == nullptr || known->is<Tensor>());
    return true;
  }

  void add_other(const Node& node) {
    OutlineStep& made = step(Kind::kOther, {}, 0);
    made.outputs = node.outputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!reads_elements(node, i)) continue;
      if (computed_[node.inputs[i]]) {
        made.inputs.push_back(node.inputs[i]);
      } else if (is_weight(node.inputs[i])) {
        made.weights.push_back(node.inputs[i]);
      }
    }
    if (node.kind != NodeKind::kOperator) return;
    made.name = node.op->schema.name;
    made.softmax = has_any(node, Trait::kSoftmax);
    made.mixes = has_any(node, Trait::kMultiplies) && made.inputs.size() > 1;
    const bool elementwise = has_sizes_of(node, shapes::same) && made.inputs.size() == 1 &&
                             made.weights.empty() && !keeps_elements(node) &&
                             !has_any(node, Trait::kMixes | Trait::kSoftmax | Trait::kLogSoftmax |
                                                Trait::kMultiplies | Trait::kAccumulates);
    if (!elementwise) return;
    made.kind = Kind::kActivation;
    made.name = activation_name(node);
  }

  std::string activation_name(const Node& node) const {
    std::string name = node.op->schema.name;
    if (const std::size_t colons = name.rfind(':'); colons != std::string::npos) {
      name.erase(0, colons + 1);
    }
    if (name.ends_with('_')) name.pop_back();
    return text(node, "approximate") == "tanh" ? name + "_tanh" : name;
  }

  bool flag(const Node& node, std::string_view name) const {
    const auto id = argument(node, name);
    const Value* const value = id ? constant(*id) : nullptr;
    const auto* const held = value == nullptr ? nullptr : std::get_if<bool>(value);
    return held != nullptr && *held;
  }

  /// The attention of torch.nn's fast path: q, k and v of one matrix, and a product behind it.
  void add_packed_attention(const Node& node, ValueId source, const Tail& tail, ValueId output) {
    const ValueId projected = fresh();
    product(source, *argument(node, "qkv_weight"), argument(node, "qkv_bias"), projected);
    const ValueId context = fresh();
    OutlineStep& made = step(Kind::kAttention, {projected, projected, projected}, context);
    auto heads = number(node, "num_heads");
    if (!heads) heads = number(node, "num_head");
    if (heads) made.heads = static_cast<std::int64_t>(*heads);
    product_with_tail(context, *argument(node, "proj_weight"), argument(node, "proj_bias"), tail,
                      output);
  }

  /// A layer of torch.nn as one operator, or its attention alone.
  void add_encoder_layer(const Node& node) {
    const ValueId source = node.inputs[0];
    const auto up = argument(node, "ffn_weight_1");
    const auto down = argument(node, "ffn_weight_2");
    if (!up || !down) return add_packed_attention(node, source, {}, node.outputs[0]);
    const bool first = flag(node, "norm_first");
    const auto eps = number(node, "eps");
    const Tail norm_1{"none", source, argument(node, "norm_weight_1"),
                      argument(node, "norm_bias_1"), eps};
    const Tail norm_2{"none", source, argument(node, "norm_weight_2"),
                      argument(node, "norm_bias_2"), eps};
    ValueId attention_input = source;
    if (first) norm(source, norm_1.norm_weight, norm_1.norm_bias, eps, attention_input = fresh());
    const ValueId attended = fresh();
    add_packed_attention(node, attention_input, first ? Tail{"none", source, {}, {}, {}} : norm_1,
                         attended);
    ValueId wide_input = attended;
    if (first) norm(attended, norm_2.norm_weight, norm_2.norm_bias, eps, wide_input = fresh());
    const ValueId wide = fresh();
    product_with_tail(wide_input, *up, argument(node, "ffn_bias_1"),
                      {flag(node, "use_gelu") ? "gelu" : "relu", {}, {}, {}, {}}, wide);
    Tail end = norm_2;
    end.residual = attended;
    if (first) end.eps.reset();
    product_with_tail(wide, *down, argument(node, "ffn_bias_2"), end, node.outputs[0]);
  }

  // How the steps hang together.

  void connect() {
    outline_.maker.assign(next_, std::nullopt);
    outline_.readers.assign(next_, {});
    outline_.is_output.assign(next_, false);
    outline_.depth.assign(next_, 0);
    for (StepId id = 0; id < outline_.steps.size(); ++id) {
      const OutlineStep& made = outline_.steps[id];
      std::size_t depth = 0;
      for (const ValueId input : made.inputs) {
        outline_.readers[input].push_back(id);
        depth = std::max(depth, outline_.depth[input]);
      }
      if (made.kind == Kind::kAttention) ++depth;
      for (const ValueId output : made.outputs) {
        outline_.maker[output] = id;
        outline_.depth[output] = depth;
      }
    }
    for (const ValueId leaf : leaves_of(graph_.output)) outline_.is_output[leaf] = true;
  }

  /// The product of two computed values that a value is made of, however it was changed since.
  std::optional<StepId> scores_of(ValueId value) const {
    std::optional<StepId> found;
    outline_.walk_back(value, [&](StepId id) {
      const OutlineStep& made = outline_[id];
      if (made.mixes) found = std::max(found, std::optional(id));
      return !made.mixes && made.kind != Kind::kAttention && made.kind != Kind::kLookup &&
             made.kind != Kind::kNorm;
    });
    return found;
  }

  /// The first product of two computed values that a value goes into, and as which operand.
  std::optional<std::pair<StepId, ValueId>> mixed_into(ValueId value) const {
    std::optional<std::pair<StepId, ValueId>> found;
    outline_.walk_on(value, [&](StepId id, ValueId read) {
      const OutlineStep& made = outline_[id];
      if (made.mixes && made.inputs.size() == 2) {
        if (!found || id < found->first) found = {id, read};
        return false;
      }
      return made.kind == Kind::kOther || made.kind == Kind::kActivation ||
             made.kind == Kind::kProduct;
    });
    return found;
  }

  /// Attentions that no pass took, with something of their own between scores and softmax: a
  /// product of two values, a softmax over what it became, and another product by that.
  bool find_loose_attentions() {
    bool any = false;
    for (StepId id = 0; id < outline_.steps.size(); ++id) {
      const OutlineStep softmax = outline_.steps[id];
      if (!softmax.softmax || softmax.inputs.empty() || softmax.outputs.empty()) continue;
      const auto scores = scores_of(softmax.inputs[0]);
      const auto mixed = mixed_into(softmax.outputs[0]);
      if (!scores || !mixed || outline_.steps[*scores].inputs.size() < 2) continue;
      const std::vector<ValueId>& operands = outline_.steps[*scores].inputs;
      OutlineStep& attention = outline_.steps[mixed->first];
      const ValueId value = attention.inputs[attention.inputs[0] == mixed->second ? 1 : 0];
      attention.kind = Kind::kAttention;
      attention.mixes = false;
      attention.inputs = {operands[operands.size() - 2], operands.back(), value, mixed->second};
      attention.scores_bias = softmax.inputs[0];
      any = true;
    }
    return any;
  }

  struct Projected {
    ValueId list = 0;
    ValueId input = 0;
    std::vector<ValueId> weights;
    std::vector<std::optional<ValueId>> biases;
  };
  /// Of lists that are made, those that a node unpacks.
  struct ProjectedLists {
    std::vector<Projected> all;
    const Projected* find(const Node& node) const {
      if (node.kind != NodeKind::kUnpack) return nullptr;
      for (const Projected& projected : all) {
        if (projected.list == node.inputs[0]) return &projected;
      }
      return nullptr;
    }
  };

  const Graph& graph_;
  Producers producers_;
  std::vector<bool> computed_;
  ProjectedLists projected_;
  Outline outline_;
  ValueId next_ = 0;
};

}  // namespace

Outline outline_of(const Graph& graph) { return Outliner(graph).run(); }

}  // namespace henson::runtime
