#include "runtime/analysis/known_sizes.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "runtime/analysis/size_rules.h"
#include "runtime/analysis/writes.h"
#include "runtime/graph/match.h"

namespace henson::runtime {

namespace {

/// Gives its argument other sizes.
bool reshapes_in_place(const Node& node) {
  static const std::unordered_set<std::string> kNames = {
      "aten::unsqueeze_", "aten::squeeze_", "aten::transpose_", "aten::t_",   "aten::swapaxes_",
      "aten::swapdims_",  "aten::resize_",  "aten::resize_as_", "aten::set_", "aten::as_strided_"};
  return node.kind == NodeKind::kOperator && kNames.contains(node.op->schema.name);
}

/// The values that share memory with one whose sizes change in place, or any that is written.
std::vector<bool> reshaped_values(const Graph& graph) {
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), reshapes_in_place)) {
    return unstable_values(graph);
  }
  return std::vector<bool>(graph.values.size(), false);
}

}  // namespace

std::optional<Dimension> whole_quotient(const Dimension& size, const Dimension& by) {
  if (size == by) return Dimension::of(1);
  const std::optional<Dimension> quotient = size.divided_by(by);
  if (!quotient || !quotient->coefficient()) return std::nullopt;
  for (const auto& [product, factor] : quotient->terms()) {
    for (const auto& [symbol, exponent] : product) {
      if (exponent < 0) return std::nullopt;
    }
  }
  return quotient;
}

KnownSizes::KnownSizes(const Graph& graph)
    : graph_(graph),
      values_(graph.values.size()),
      written_(written_values(graph)),
      reshaped_(reshaped_values(graph)) {
  for (ValueId id = 0; id < graph.values.size(); ++id) describe(id);
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphInput& input = graph.inputs[i];
    if (reshaped_[input.value] || !input.rank ||
        graph.values[input.value].type.kind != TypeKind::kTensor)
      continue;
    Dimensions dims;
    for (std::size_t d = 0; d < *input.rank; ++d) {
      dims.push_back(symbol({{}, {}, {}, std::pair{i, d}}));
    }
    values_[input.value].dims = std::move(dims);
  }
  for (const Node& node : graph.nodes) visit(node);
  lists_.clear();
}

/// Constants.
void KnownSizes::describe(ValueId id) {
  const std::optional<Value>& constant = graph_.values[id].constant;
  if (!constant || reshaped_[id]) return;
  Known& known = values_[id];
  if (const auto* integer = std::get_if<std::int64_t>(&*constant)) {
    known.number = Dimension::of(*integer);
  } else if (const auto* tensor = std::get_if<Tensor>(&*constant);
             tensor != nullptr && tensor->defined()) {
    known.dims.emplace();
    for (const std::int64_t size : tensor->sizes()) known.dims->push_back(Dimension::of(size));
    if (tensor->numel() == 1 && is_integral(tensor->dtype()) && !written_[id]) {
      known.number = Dimension::of(*tensor->to(DType::kInt64).data<std::int64_t>());
    }
  } else if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&*constant)) {
    known.items.emplace();
    for (const Value& item : (*list)->items) {
      const auto* number = std::get_if<std::int64_t>(&item);
      known.items->push_back(
          {{}, number ? std::optional(Dimension::of(*number)) : std::nullopt, {}});
    }
  }
}

void KnownSizes::visit(const Node& node) {
  if (node.kind == NodeKind::kList || node.kind == NodeKind::kTuple) {
    if (written_[node.outputs[0]]) return;
    lists_.emplace(node.outputs[0], &node);
    std::vector<Known> items;
    for (const ValueId id : node.inputs) items.push_back(values_[id]);
    values_[node.outputs[0]].items = std::move(items);
    return;
  }
  if (node.kind == NodeKind::kUnpack) {
    const std::optional<std::vector<Known>>& items = values_[node.inputs[0]].items;
    if (!items || items->size() != node.outputs.size()) return;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) values_[node.outputs[i]] = (*items)[i];
    return;
  }
  SizeRule rule(*this, node);
  rule.apply();
  // The elements of a tensor that is written may be others when they are read.
  for (const ValueId id : node.outputs) {
    if (written_[id]) values_[id].number.reset();
    if (reshaped_[id]) values_[id].dims.reset();
  }
}

std::optional<KnownSizes::Dimensions> KnownSizes::dims(ValueId id) const {
  if (id >= values_.size() || !values_[id].dims) return std::nullopt;
  Dimensions resolved;
  for (const Dimension& size : *values_[id].dims) resolved.push_back(resolve(size));
  return resolved;
}

std::optional<Dimension> KnownSizes::number(ValueId id) const {
  if (id >= values_.size() || !values_[id].number) return std::nullopt;
  return resolve(*values_[id].number);
}

std::optional<std::pair<std::size_t, std::size_t>> KnownSizes::input_of(
    const Dimension& size) const {
  const std::optional<SymbolId> id = size.symbol();
  return id ? symbols_[*id].input : std::nullopt;
}

Dimension KnownSizes::symbol(Symbol symbol) {
  symbols_.push_back(std::move(symbol));
  return Dimension::of_symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Dimension KnownSizes::resolve(const Dimension& size) const {
  return substitute_bound(
      size, [&](SymbolId id) -> const auto& { return symbols_[id].bound; });
}

std::vector<Dimension> KnownSizes::parts(const Dimension& size) const {
  const std::optional<SymbolId> id = size.symbol();
  if (!id || symbols_[*id].of.empty()) return {size};
  return symbols_[*id].of;
}

Dimension KnownSizes::broadcast(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || y.is_one()) return x;
  if (x.is_one()) return y;
  if (x.literal()) return x;  // the other one is that, or 1
  if (y.literal()) return y;
  std::vector<Dimension> all = parts(x);
  for (const Dimension& part : parts(y)) {
    if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
  }
  // min(n, L) beside L is L, or 1, or does not fit.
  std::erase_if(all, [&](const Dimension& part) {
    const std::optional<SymbolId> id = part.symbol();
    return id && symbols_[*id].at_most &&
           std::find(all.begin(), all.end(), *symbols_[*id].at_most) != all.end();
  });
  if (all.size() == 1) return all.front();
  for (SymbolId id = 0; id < symbols_.size(); ++id) {
    if (std::is_permutation(all.begin(), all.end(), symbols_[id].of.begin(),
                            symbols_[id].of.end())) {
      return resolve(Dimension::of_symbol(id));
    }
  }
  return symbol({{}, std::move(all), {}, {}});
}

void KnownSizes::require_equal(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || !x.is_monomial() || !y.is_monomial()) return;
  const Dimension ratio = *x.divided_by(y);
  if (!bind_parts(ratio) && !bind_parts(*y.divided_by(x))) bind_factor(ratio);
}

/// Whether all that went into the one size went into the other, broadcast one.
bool KnownSizes::is_part(SymbolId part, SymbolId whole) const {
  const std::vector<Dimension>& all = symbols_[whole].of;
  const std::vector<Dimension> own = parts(Dimension::of_symbol(part));
  return std::all_of(own.begin(), own.end(), [&](const Dimension& size) {
    return std::find(all.begin(), all.end(), size) != all.end();
  });
}

/// The ratio is 1. A broadcast size is no less than what went in: where the product of several is
/// that of their parts, each is its part.
bool KnownSizes::bind_parts(const Dimension& ratio) {
  std::vector<std::pair<SymbolId, Dimension>> found;
  Dimension rest = ratio;
  for (const SymbolId id : ratio.symbols()) {
    for (const SymbolId other : ratio.symbols()) {
      if (id == other || !is_part(other, id)) continue;
      const Dimension part = Dimension::of_symbol(other);
      const auto next = (rest * part).divided_by(Dimension::of_symbol(id));
      if (next->symbols().size() + 2 != rest.symbols().size()) continue;
      found.emplace_back(id, part);
      rest = *next;
      break;
    }
  }
  if (found.empty() || !rest.is_one()) return false;
  for (const auto& [id, part] : found) symbols_[id].bound = part;
  return true;
}

/// The ratio is 1: a symbol that is no input's size is what makes it so.
void KnownSizes::bind_factor(const Dimension& ratio) {
  for (const SymbolId id : ratio.symbols()) {
    if (symbols_[id].input) continue;
    const Dimension self = Dimension::of_symbol(id);
    for (const bool above : {true, false}) {
      const std::optional<Dimension> rest =
          above ? ratio.divided_by(self) : std::optional(ratio * self);
      const std::vector<SymbolId> others = rest->symbols();
      if (std::find(others.begin(), others.end(), id) != others.end()) continue;
      symbols_[id].bound = above ? *Dimension::of(1).divided_by(*rest) : *rest;
      return;
    }
  }
}

}  // namespace henson::runtime
