#include "runtime/fusion/attention_values.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/fusion/attention_scores.h"
#include "runtime/graph/node_traits.h"

namespace henson::runtime {
namespace {

AxisList joined(const AxisList& a, const AxisList& b) {
  AxisList all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

bool is_ready(const AttentionOperand& o) {
  const AxisDims& base = o.layout.base_dims;
  const AxisDims split = {o.batch_axes, o.head_axes, o.row_axes, o.width_axes};
  const AxisDims together = {o.batch_axes, o.row_axes, joined(o.head_axes, o.width_axes)};
  return base == split || base == together;
}

/// Passes the weights of attention on as they are.
bool keeps_weights(const Node& node) {
  return keeps_places(node) || regroups(node) || expands(node);
}

bool is_product(const std::string& name) {
  return name == "aten::matmul" || name == "aten::bmm" || name == "aten::einsum";
}

}  // namespace

std::optional<AttentionOperand> AttentionValues::operand(ValueId value) const {
  const std::optional<Layout> layout = tracer_.trace(value);
  return layout ? operand(*layout) : std::nullopt;
}

std::optional<AttentionOperand> AttentionValues::operand(const Layout& layout) const {
  AttentionOperand found;
  found.layout = layout;
  const std::size_t rank = layout.dims.size();
  if (rank != 3 && rank != 4) return std::nullopt;
  found.batch_axes = layout.dims[0];
  if (rank == 4) {
    found.head_axes = layout.dims[1];
  } else {
    // [batch * heads, …]
    if (found.batch_axes.size() < 2) return std::nullopt;
    found.head_axes = {found.batch_axes.back()};
    found.batch_axes.pop_back();
  }
  found.row_axes = layout.dims[rank - 2];
  found.width_axes = layout.dims[rank - 1];
  const auto heads = layout.size_of(found.head_axes).literal();
  if (!heads || *heads < 1 || found.head_axes.empty()) return std::nullopt;
  found.heads = *heads;
  found.batch = layout.size_of(found.batch_axes);
  found.rows = layout.size_of(found.row_axes);
  found.width = layout.size_of(found.width_axes);
  if (!is_ready(found) && !is_emittable(found)) return std::nullopt;
  return found;
}

/// Whether one view and one permutation make [B, heads, L, D] of it.
bool AttentionValues::is_emittable(const AttentionOperand& operand) const {
  for (const AxisList* const axes :
       {&operand.batch_axes, &operand.head_axes, &operand.row_axes, &operand.width_axes}) {
    if (axes->size() != 1) return false;
  }
  std::size_t axes_of_base = 0;
  std::size_t open = 0;
  for (const AxisList& axes : operand.layout.base_dims) {
    axes_of_base += axes.size();
    if (axes.size() == 1) continue;
    for (const Axis axis : axes) open += operand.layout.sizes[axis].literal() ? 0U : 1U;
  }
  return axes_of_base == 4 && open <= 1;
}

std::optional<Layout> AttentionValues::scores(ValueId product,
                                              const AttentionOperand& query) const {
  const auto dims = sizes_.dims(product);
  if (!dims || (dims->size() != 3 && dims->size() != 4)) return std::nullopt;
  Layout layout;
  layout.base = product;
  layout.dims = dims->size() == 4 ? AxisDims{{0}, {1}, {2}, {3}} : AxisDims{{0, 1}, {2}, {3}};
  layout.base_dims = layout.dims;
  layout.sizes = {query.batch, Dimension::of(query.heads), (*dims)[dims->size() - 2], dims->back()};
  if (dims->size() == 4) layout.sizes[0] = dims->front();
  return layout;
}

bool AttentionValues::step(ValueId value, Layout& layout) const {
  const Node& node = editor_.node(*editor_.producer(value));
  const auto dims = sizes_.dims(value);
  if (!dims) return false;
  if (tracer_.apply(node, layout)) return true;
  if (dims->size() != layout.dims.size()) return false;
  // A mask may make it larger.
  for (std::size_t d = 0; d < dims->size(); ++d) {
    const AxisList& axes = layout.dims[d];
    if (axes.empty()) return false;
    Dimension rest = (*dims)[d];
    for (std::size_t i = 1; i < axes.size(); ++i) {
      const auto quotient = whole_quotient(rest, layout.sizes[axes[i]]);
      if (!quotient) return false;
      rest = *quotient;
    }
    layout.sizes[axes.front()] = rest;
  }
  return true;
}

/// The node that carries the weights on, or takes their product with the values.
std::optional<NodeId> AttentionValues::next_of_weights(ValueId weights) const {
  std::optional<NodeId> passes_on;
  for (const NodeId reader : editor_.readers(weights)) {
    const Node& node = editor_.node(reader);
    const bool listed = node.kind == NodeKind::kList && editor_.single_reader(node.outputs[0]);
    const NodeId taker = listed ? editor_.readers(node.outputs[0])[0] : reader;
    const Node& taken = editor_.node(taker);
    if (taken.kind != NodeKind::kOperator || !editor_.pure(taker)) continue;
    const std::string& name = taken.op->schema.name;
    if (listed ? name == "aten::einsum" : is_product(name)) return taker;
    const bool first = !listed && taken.inputs[0] == weights && taken.outputs.size() == 1;
    if (first && keeps_weights(taken) && !passes_on) passes_on = taker;
  }
  return passes_on;
}

/// Notes what else reads the weights: as they are, or seen as [B, heads, Lq, Lk].
bool AttentionValues::keep_for_others(ValueId weights, NodeId next, const Layout& layout,
                                      Weighing& result) const {
  const AxisDims by_head = {{0}, {1}, {2}, {3}};
  bool kept = editor_.is_output(weights);
  for (const NodeId reader : editor_.readers(weights)) {
    const Node& node = editor_.node(reader);
    const bool listed = node.kind == NodeKind::kList && editor_.single_reader(node.outputs[0]) &&
                        editor_.readers(node.outputs[0])[0] == next;
    if (listed) result.nodes.push_back(reader);
    if (listed || reader == next) continue;
    Layout seen = layout;
    const bool view = layout.dims != by_head && editor_.pure(reader) && tracer_.apply(node, seen) &&
                      seen.dims == by_head;
    if (view) {
      result.nodes.push_back(reader);
      result.kept_weights.push_back(node.outputs[0]);
    } else {
      kept = true;
    }
  }
  if (!kept) return true;
  result.kept_weights.push_back(weights);
  return layout.dims == by_head;
}

std::optional<Weighing> AttentionValues::weighing(ValueId softmax, Layout scores) const {
  Weighing result;
  for (ValueId current = softmax;;) {
    const std::optional<NodeId> next = next_of_weights(current);
    if (!next || !keep_for_others(current, *next, scores, result)) return std::nullopt;
    const Node& node = editor_.node(*next);
    result.nodes.push_back(*next);
    if (is_product(node.op->schema.name)) {
      if (!contract(node, current, scores, result)) return std::nullopt;
      return result;
    }
    const std::optional<DType> from = editor_.value(current).dtype;
    const std::optional<DType> to = editor_.value(node.outputs[0]).dtype;
    const bool casts = !tracer_.apply(node, scores);
    if (casts && (!to || !is_floating(*to))) return std::nullopt;
    if (casts && from != to && !result.kept_weights.empty()) return std::nullopt;
    current = node.outputs[0];
  }
}

/// weights · values.
bool AttentionValues::contract(const Node& node, ValueId weights, const Layout& layout,
                               Weighing& result) const {
  const bool flat = layout.dims == AxisDims{{0, 1}, {2}, {3}};
  if (!flat && layout.dims != AxisDims{{0}, {1}, {2}, {3}}) return false;
  const std::string own = flat ? "bqk" : "bhqk";
  Contraction call{own, flat ? "bkd" : "bhkd", flat ? "bqd" : "bhqd"};
  ValueId values = 0;
  if (node.op->schema.name == "aten::einsum") {
    const std::optional<Contraction> read = contraction_of(editor_, node);
    const auto items = editor_.items(node.inputs[1]);
    if (!read || !items || items->size() != 2) return false;
    const bool first = (*items)[0] == weights;
    call = *read;
    if (!first) std::swap(call.a, call.b);
    values = (*items)[first ? 1 : 0];
  } else {
    if (node.inputs[0] != weights) return false;
    values = node.inputs[1];
  }
  if (call.a.size() != own.size() || values == weights) return false;
  const char key = call.a.back();
  const char row = call.a[call.a.size() - 2];
  std::string width;
  for (const char label : call.b) {
    if (call.a.find(label) == std::string::npos) width += label;
  }
  if (width.size() != 1 || call.out.find(key) != std::string::npos) return false;
  const std::string batch = call.a.substr(0, call.a.size() - 2);
  std::optional<Layout> value = tracer_.trace(values);
  if (!value) return false;
  const auto value_dims = reordered(value->dims, call.b, batch + key + width);
  const AxisDims in_order = flat ? AxisDims{{0, 1}, {2}, {3}} : AxisDims{{0}, {1}, {2}, {3}};
  const auto output_dims = reordered(in_order, batch + row + width, call.out);
  const auto sizes = sizes_.dims(node.outputs[0]);
  if (!value_dims || !output_dims || !sizes) return false;
  value->dims = *value_dims;
  result.value = std::move(*value);
  result.output.value = node.outputs[0];
  Layout& output = result.output.layout;
  output.base = node.outputs[0];
  output.dims = *output_dims;
  output.base_dims = output.dims;
  output.sizes = layout.sizes;
  output.sizes[3] = result.value.size_of(result.value.dims.back());
  return step(node.outputs[0], output);
}

std::optional<AttentionOutput> AttentionValues::output(ValueId value) const {
  std::optional<Layout> layout = tracer_.itself(value);
  if (!layout || layout->dims.size() != 4) return std::nullopt;
  return AttentionOutput{value, std::move(*layout)};
}

std::optional<AttentionEnd::Form> AttentionValues::form_of(const AttentionOutput& output) const {
  using Form = AttentionEnd::Form;
  const auto [batch, head, rows, width] =
      std::tuple{output.batch, output.head, output.rows, output.width};
  const AxisDims& dims = output.layout.dims;
  if (dims == AxisDims{{batch}, {rows}, {head, width}}) return Form::kMerged;
  if (dims == AxisDims{{rows}, {batch}, {head, width}}) return Form::kTimeFirst;
  if (dims == AxisDims{{batch, rows}, {head, width}}) return Form::kRows;
  if (dims == AxisDims{{rows, batch}, {head, width}}) return Form::kTimeFirstRows;
  if (dims == AxisDims{{batch}, {head}, {rows}, {width}}) return Form::kHeads;
  return std::nullopt;
}

/// Whether nothing but the target depends on the node.
bool AttentionValues::leads_only_to(NodeId node, NodeId target, int depth) const {
  constexpr int kDeepest = 6;  // size, tensor, int, list
  if (node == target) return true;
  if (depth > kDeepest) return false;
  for (const ValueId output : editor_.node(node).outputs) {
    if (editor_.is_output(output)) return false;
    for (const NodeId reader : editor_.readers(output)) {
      if (!leads_only_to(reader, target, depth + 1)) return false;
    }
  }
  return true;
}

/// The one node that reads the value, besides those that ask for its size on behalf of that node.
std::optional<NodeId> AttentionValues::next_view(ValueId value) const {
  if (editor_.is_output(value)) return std::nullopt;
  std::optional<NodeId> next;
  for (const NodeId reader : editor_.readers(value)) {
    const Node& node = editor_.node(reader);
    if (node.kind != NodeKind::kOperator) return std::nullopt;
    if (node.op->schema.name == "aten::size") continue;
    if (next || node.outputs.size() != 1 || node.inputs[0] != value || !editor_.pure(reader)) {
      return std::nullopt;
    }
    next = reader;
  }
  if (!next) return std::nullopt;
  for (const NodeId reader : editor_.readers(value)) {
    if (!leads_only_to(reader, *next, 0)) return std::nullopt;
  }
  return next;
}

/// Whether it sees [B, L, heads, D] as [B, L, heads * D], or one of them as -1, with the query's B
/// and L: true where a mask did not make them more.
bool AttentionValues::merges_as_query(const Node& view, const AttentionOutput& output,
                                      const AttentionOperand& query) const {
  const std::string& name = view.op->schema.name;
  if (name != "aten::view" && name != "aten::reshape") return false;
  const AxisDims apart = {{output.batch}, {output.rows}, {output.head}, {output.width}};
  const auto list = editor_.items(view.inputs[1]);
  if (output.layout.dims != apart || !list || list->size() != 3) return false;
  const std::vector<Dimension> merged = {
      query.batch, query.rows, Dimension::of(query.heads) * output.layout.sizes[output.width]};
  int open = 0;
  for (std::size_t d = 0; d < merged.size(); ++d) {
    const std::optional<Dimension> size = sizes_.number((*list)[d]);
    if (!size) return false;
    if (size->literal() == -1) {
      ++open;
    } else if (*size != merged[d]) {
      return false;
    }
  }
  return open <= 1;
}

std::optional<AttentionEnd> AttentionValues::end_of(const AttentionOutput& output,
                                                    const AttentionOperand& query) const {
  using Form = AttentionEnd::Form;
  const auto rank = [](Form form) {
    return form == Form::kMerged ? 3 : form == Form::kTimeFirst ? 2 : form == Form::kHeads ? 0 : 1;
  };
  std::optional<AttentionEnd> best;
  AttentionOutput current = output;
  for (;;) {
    if (const auto form = form_of(current); form && (!best || rank(*form) > rank(best->form))) {
      const std::vector<Dimension>& sizes = current.layout.sizes;
      const bool as_query =
          sizes[current.batch] == query.batch && sizes[current.rows] == query.rows;
      best = AttentionEnd{current.value, *form, as_query};
    }
    const std::optional<NodeId> reader = next_view(current.value);
    if (!reader) return best;
    const Node& node = editor_.node(*reader);
    if (!tracer_.apply(node, current.layout)) {
      if (!merges_as_query(node, current, query)) return best;
      return AttentionEnd{node.outputs[0], Form::kMerged, true};
    }
    current.value = node.outputs[0];
  }
}

ValueId AttentionValues::tensor_node(NodeId place, const char* name, const char* overload,
                                     std::vector<ValueId> inputs,
                                     std::optional<DType> dtype) const {
  Node node = editor_.call(name, overload, std::move(inputs), editor_.node(place).where);
  const ValueId made = editor_.insert_before(place, std::move(node), {{TypeKind::kTensor, {}}})[0];
  editor_.graph().values[made].dtype = dtype;
  return made;
}

ValueId AttentionValues::size_node(ValueId value, std::size_t dim, NodeId place) const {
  const ValueId at = editor_.add_constant(static_cast<std::int64_t>(dim));
  Node node = editor_.call("aten::size", "int", {value, at}, editor_.node(place).where);
  return editor_.insert_before(place, std::move(node), {{TypeKind::kInt, {}}})[0];
}

ValueId AttentionValues::emit(const AttentionOperand& operand, NodeId place) const {
  const Layout& layout = operand.layout;
  if (is_ready(operand)) return layout.base;
  std::vector<ValueId> sizes;
  AxisList order;
  bool splits = false;
  for (std::size_t d = 0; d < layout.base_dims.size(); ++d) {
    const AxisList& axes = layout.base_dims[d];
    splits = splits || axes.size() != 1;
    for (const Axis axis : axes) {
      order.push_back(axis);
      const auto literal = layout.sizes[axis].literal();
      const bool whole = axes.size() == 1 && !literal;
      sizes.push_back(whole ? size_node(layout.base, d, place)
                            : editor_.add_constant(literal.value_or(-1)));
    }
  }
  const std::optional<DType> dtype = editor_.value(layout.base).dtype;
  ValueId result = layout.base;
  if (splits) {
    const ValueId list = editor_.insert_list(place, std::move(sizes), {TypeKind::kInt, {}});
    result = tensor_node(place, "aten::reshape", "", {result, list}, dtype);
  }
  std::vector<ValueId> permutation;
  for (const AxisList* const axes :
       {&operand.batch_axes, &operand.head_axes, &operand.row_axes, &operand.width_axes}) {
    const auto at = std::find(order.begin(), order.end(), axes->front()) - order.begin();
    permutation.push_back(editor_.add_constant(static_cast<std::int64_t>(at)));
  }
  const ValueId list = editor_.insert_list(place, std::move(permutation), {TypeKind::kInt, {}});
  return tensor_node(place, "aten::permute", "", {result, list}, dtype);
}

ValueId AttentionValues::emit_future(ValueId query, ValueId key, NodeId place) const {
  const auto rows = [&](ValueId value) {
    const auto dims = sizes_.dims(value);
    return size_node(value, dims && dims->size() == 3 ? 1 : 2, place);
  };
  const ValueId sizes = editor_.insert_list(place, {rows(query), rows(key)}, {TypeKind::kInt, {}});
  const ValueId dtype = editor_.add_constant(static_cast<std::int64_t>(DType::kBool));
  const ValueId ones = tensor_node(place, "aten::ones", "", {sizes, dtype}, DType::kBool);
  const ValueId one = editor_.add_constant(std::int64_t{1});
  return tensor_node(place, "aten::triu", "", {ones, one}, DType::kBool);
}

std::optional<ValueId> AttentionValues::put(const AttentionEnd& end, Node fused,
                                            const std::optional<Type>& weights) const {
  using Form = AttentionEnd::Form;
  const NodeId place = *editor_.producer(end.value);
  const script::SourceLine where = fused.where;
  if (end.form == Form::kHeads || end.form == Form::kMerged) {
    if (!weights) {
      editor_.replace(end.value, std::move(fused));
      return std::nullopt;
    }
    const ValueId made = editor_.graph().add_value({*weights, {}, std::nullopt, std::nullopt});
    editor_.replace(place, std::move(fused), {end.value, made});
    return made;
  }
  std::vector<Type> types = {{TypeKind::kTensor, {}}};
  if (weights) types.push_back(*weights);
  const std::vector<ValueId> made = editor_.insert_before(place, std::move(fused), types);
  const std::optional<DType> dtype = editor_.value(end.value).dtype;
  editor_.graph().values[made[0]].dtype = dtype;
  ValueId result = made[0];
  if (end.form != Form::kRows) {
    const ValueId zero = editor_.add_constant(std::int64_t{0});
    const ValueId one = editor_.add_constant(std::int64_t{1});
    Node turned = editor_.call("aten::transpose", "int", {result, zero, one}, where);
    if (end.form == Form::kTimeFirst) {
      editor_.replace(end.value, std::move(turned));
      return weights ? std::optional(made[1]) : std::nullopt;
    }
    result = editor_.insert_before(place, std::move(turned), {{TypeKind::kTensor, {}}})[0];
    editor_.graph().values[result].dtype = dtype;
  }
  const ValueId zero = editor_.add_constant(std::int64_t{0});
  const ValueId one = editor_.add_constant(std::int64_t{1});
  editor_.replace(end.value,
                  editor_.call("aten::flatten", "using_ints", {result, zero, one}, where));
  return weights ? std::optional(made[1]) : std::nullopt;
}

}  // namespace henson::runtime
