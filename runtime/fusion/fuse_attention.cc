// Attention, found by data flow: softmax(query · keyᵀ …) · value and scaled_dot_product_attention,
// with the splitting of heads before and their merging after, become henson::attention.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/analysis/proven_shapes.h"
#include "runtime/fusion/attention_scores.h"
#include "runtime/fusion/attention_values.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

class AttentionFuser {
 public:
  AttentionFuser(GraphEditor& editor, const ProvenShapes& sizes)
      : editor_(editor), sizes_(sizes), matcher_(editor, sizes), values_(editor, sizes) {}

  void run() {
    for (const NodeId node : editor_.nodes()) {
      if (!editor_.alive(node) || editor_.node(node).kind != NodeKind::kOperator) continue;
      const std::string& name = editor_.node(node).op->schema.name;
      if (!editor_.pure(node)) continue;
      if (name == "aten::softmax" || name == "aten::_softmax") fuse_softmax(node);
      if (name == "aten::scaled_dot_product_attention") fuse_operator(node);
    }
  }

 private:
  /// What a fused node is made of.
  struct Parts {
    AttentionOperand query, key, value;
    std::int64_t heads = 0;
    double scale = 1;
    std::vector<ScoreTerm> terms;
    std::vector<bool> flat;  // of each term: it is [batch * heads, Lq, Lk]
    std::optional<ScoreFill> fill;
    bool causal = false;
    bool safe = false;
  };
  using MaskKey = std::tuple<ValueId, bool>;
  using TermKey = std::tuple<ValueId, double, bool>;

  bool over_last(const Node& softmax) const {
    const auto dim = editor_.integer(softmax.inputs[1]);
    const auto dims = sizes_.dims(softmax.inputs[0]);
    if (!dim || !dims) return false;
    // Its type: as it is, or float32, in which the weights are computed anyway.
    const bool wide = softmax.op->schema.name == "aten::softmax" &&
                      !editor_.is_none(softmax.inputs[2]) &&
                      editor_.integer(softmax.inputs[2]) != static_cast<int>(DType::kFloat32);
    return !wide && (*dim == -1 || *dim + 1 == static_cast<std::int64_t>(dims->size()));
  }

  void fuse_softmax(NodeId id) {
    const Node& softmax = editor_.node(id);
    if (!over_last(softmax)) return;
    const std::optional<Scores> scores = matcher_.match(softmax.inputs[0], id);
    if (!scores) return;
    const auto query = values_.operand(scores->query);
    const auto key = values_.operand(scores->key);
    if (!query || !key) return;
    const double scale = scores->scale * scores->query.scale * scores->key.scale;
    Parts parts{*query, *key, {}, query->heads, scale, scores->terms, {}, scores->fill};
    std::optional<Layout> layout = values_.scores(scores->path.back(), *query);
    if (!layout || !replay(*scores, *layout, parts)) return;
    const std::optional<Weighing> weighing = values_.weighing(softmax.outputs[0], *layout);
    if (!weighing || weighing->value.scale != 1) return;
    const auto value = values_.operand(weighing->value);
    const auto end = values_.end_of(weighing->output, *query);
    if (!value || !end) return;
    parts.value = *value;
    if (fits(parts)) emit(parts, *end, *weighing);
  }

  /// From the product on to the softmax the dimensions must stay what they are.
  bool replay(const Scores& scores, Layout& layout, Parts& parts) {
    const std::size_t rank = layout.dims.size();
    parts.flat.assign(parts.terms.size(), rank == 3);
    std::vector<std::size_t> ranks(scores.path.size(), rank);
    for (std::size_t step = scores.path.size() - 1; step-- > 0;) {
      if (!values_.step(scores.path[step], layout)) return false;
      ranks[step] = layout.dims.size();
    }
    for (std::size_t i = 0; i < parts.terms.size(); ++i) {
      if (!placed(parts.terms[i].value, ranks[parts.terms[i].step])) return false;
      parts.flat[i] = is_flat(parts.terms[i].value, ranks[parts.terms[i].step]);
    }
    if (!parts.fill) return true;
    return placed(parts.fill->mask, ranks[parts.fill->step]) &&
           !is_flat(parts.fill->mask, ranks[parts.fill->step]);
  }

  /// Whether a mask's dimensions are known well enough to stand beside [B, heads, Lq, Lk].
  bool placed(ValueId mask, std::size_t rank) const {
    const auto dims = sizes_.dims(mask);
    return dims && dims->size() <= rank;
  }

  bool is_flat(ValueId mask, std::size_t rank) const {
    const auto dims = sizes_.dims(mask);
    return rank == 3 && dims->size() == 3 && !dims->front().is_one();
  }

  bool fits(const Parts& parts) const {
    return parts.query.heads == parts.key.heads && parts.query.heads == parts.value.heads &&
           parts.query.batch == parts.key.batch && parts.query.batch == parts.value.batch &&
           parts.key.rows == parts.value.rows;
  }

  void fuse_operator(NodeId id) {
    const Node& call = editor_.node(id);
    const auto query = values_.operand(call.inputs[0]);
    const auto key = values_.operand(call.inputs[1]);
    const auto value = values_.operand(call.inputs[2]);
    const auto output = values_.output(call.outputs[0]);
    if (!query || !key || !value || !output || value->layout.scale != 1) return;
    Parts parts{*query, *key, *value, query->heads, 1, {}, {}, {}};
    parts.safe = true;
    const std::optional<double> causal = editor_.number(call.inputs[5]);
    const auto end = values_.end_of(*output, *query);
    if (!causal || !end || !fits(parts)) return;
    parts.causal = *causal != 0;
    if (scale_of(call, parts) && mask_of(call, parts)) emit(parts, *end, {});
  }

  bool scale_of(const Node& call, Parts& parts) const {
    parts.scale = parts.query.layout.scale * parts.key.layout.scale;
    if (!editor_.is_none(call.inputs[6])) {
      const std::optional<double> scale = matcher_.number(call.inputs[6]);
      parts.scale *= scale.value_or(1);
      return scale.has_value();
    }
    const auto width = parts.query.width.literal();
    if (!width || *width < 1) return false;
    parts.scale /= std::sqrt(static_cast<double>(*width));
    return true;
  }

  bool mask_of(const Node& call, Parts& parts) const {
    const ValueId mask = call.inputs[3];
    if (editor_.is_none(mask)) return true;
    const std::optional<DType> dtype = editor_.value(mask).dtype;
    if (parts.causal || !placed(mask, 4)) return false;
    if (dtype == DType::kBool) {
      parts.fill = ScoreFill{mask, true, kMinusInfinity, 0};
    } else {
      parts.terms.push_back({mask, 1, 0});
      parts.flat.push_back(false);
    }
    return true;
  }

  /// Whether all that reads the weights stands after the place of the fused node.
  bool weights_come_late(const Weighing& weighing, NodeId place) const {
    for (const ValueId weights : weighing.kept_weights) {
      for (const NodeId reader : editor_.readers(weights)) {
        const bool inside =
            std::find(weighing.nodes.begin(), weighing.nodes.end(), reader) != weighing.nodes.end();
        if (!inside && !editor_.before(place, reader)) return false;
      }
    }
    return true;
  }

  void emit(const Parts& parts, const AttentionEnd& end, const Weighing& weighing) {
    const NodeId place = *editor_.producer(end.value);
    if (!weights_come_late(weighing, place)) return;
    const bool weighs = !weighing.kept_weights.empty();
    const ValueId query = values_.emit(parts.query, place);
    const ValueId key = values_.emit(parts.key, place);
    const ValueId value = values_.emit(parts.value, place);
    const ValueId bias = bias_of(parts, place);
    const ValueId fill =
        parts.causal ? values_.emit_future(query, key, place) : fill_of(parts, place);
    const double fill_value = parts.fill ? parts.fill->value : kMinusInfinity;
    Node fused = editor_.call(
        weighs ? "henson::attention_with_weights" : "henson::attention", "",
        {query, key, value, editor_.add_constant(parts.heads), editor_.add_constant(parts.scale),
         bias, fill, editor_.add_constant(fill_value), editor_.add_constant(parts.safe),
         editor_.add_constant(end.form != AttentionEnd::Form::kHeads),
         editor_.add_constant(end.as_query)},
        editor_.node(place).where);
    const auto type = weighs ? std::optional(Type{TypeKind::kTensor, {}}) : std::nullopt;
    const std::optional<ValueId> weights = values_.put(end, std::move(fused), type);
    if (!weights) return;
    editor_.graph().values[*weights].dtype = editor_.value(end.value).dtype;
    // The last first: what read an earlier one is then gone.
    for (auto kept = weighing.kept_weights.rbegin(); kept != weighing.kept_weights.rend(); ++kept) {
      editor_.redirect(*kept, *weights);
    }
  }

  /// The sum of all terms; layers that add the same share it.
  ValueId bias_of(const Parts& parts, NodeId place) {
    std::vector<TermKey> key;
    for (std::size_t i = 0; i < parts.terms.size(); ++i) {
      key.emplace_back(parts.terms[i].value, parts.terms[i].factor, parts.flat[i]);
    }
    if (key.empty()) return editor_.add_constant(None{});
    const auto known = biases_.find(key);
    if (known != biases_.end() && stands_before(known->second, place)) return known->second;
    std::optional<ValueId> sum;
    for (std::size_t i = 0; i < parts.terms.size(); ++i) {
      const ValueId term = term_of(parts, i, place);
      sum = sum ? insert(place, "aten::add", "Tensor", {*sum, term}, term) : term;
    }
    biases_[key] = *sum;
    return *sum;
  }

  ValueId term_of(const Parts& parts, std::size_t i, NodeId place) {
    ValueId term = parts.terms[i].value;
    if (parts.safe && !editor_.value(term).dtype) {
      term = insert(place, "henson::additive_mask", "", {term}, term);
    }
    if (parts.flat[i]) {
      const ValueId rest = editor_.add_constant(std::int64_t{-1});
      const ValueId heads = editor_.add_constant(parts.heads);
      const ValueId sizes = editor_.insert_list(place, {rest, heads}, {TypeKind::kInt, {}});
      const ValueId first = editor_.add_constant(std::int64_t{0});
      term = insert(place, "aten::unflatten", "int", {term, first, sizes}, term);
    }
    if (parts.terms[i].factor == 1) return term;
    const ValueId factor = editor_.add_constant(parts.terms[i].factor);
    return insert(place, "aten::mul", "Scalar", {term, factor}, term);
  }

  /// True where a score is masked out.
  ValueId fill_of(const Parts& parts, NodeId place) {
    if (!parts.fill) return editor_.add_constant(None{});
    const ValueId mask = parts.fill->mask;
    if (!parts.fill->keeps && editor_.value(mask).dtype == DType::kBool) return mask;
    const MaskKey key{mask, parts.fill->keeps};
    const auto known = fills_.find(key);
    if (known != fills_.end() && stands_before(known->second, place)) return known->second;
    const ValueId zero = editor_.add_constant(std::int64_t{0});
    const ValueId fill = parts.fill->keeps
                             ? insert(place, "aten::logical_not", "", {mask}, mask)
                             : insert(place, "aten::ne", "Scalar", {mask, zero}, mask);
    editor_.graph().values[fill].dtype = DType::kBool;
    fills_[key] = fill;
    return fill;
  }

  bool stands_before(ValueId value, NodeId place) const {
    const std::optional<NodeId> maker = editor_.producer(value);
    return !maker || editor_.before(*maker, place);
  }

  ValueId insert(NodeId place, const char* name, const char* overload, std::vector<ValueId> inputs,
                 ValueId like) {
    Node node = editor_.call(name, overload, std::move(inputs), editor_.node(place).where);
    const ValueId made =
        editor_.insert_before(place, std::move(node), {{TypeKind::kTensor, {}}})[0];
    editor_.graph().values[made].dtype = editor_.value(like).dtype;
    return made;
  }

  GraphEditor& editor_;
  const ProvenShapes& sizes_;
  ScoreMatcher matcher_;
  AttentionValues values_;
  std::map<std::vector<TermKey>, ValueId> biases_;
  std::map<MaskKey, ValueId> fills_;
};

}  // namespace

void fuse_attention(Graph& graph) {
  const ProvenShapes sizes(graph);
  GraphEditor editor(graph);
  AttentionFuser(editor, sizes).run();
  editor.finish();
}

}  // namespace henson::runtime
