#include "runtime/import/guessed_sizes.h"

#include <algorithm>

#include "henson/error.h"
#include "runtime/graph/static_types.h"
#include "runtime/operators/fact_items.h"

namespace henson::runtime {
namespace {

constexpr int kDeepest = 100;               // values of values
constexpr std::size_t kLongestText = 4096;  // that is computed with
constexpr SymbolId kBatch = 0;
constexpr SymbolId kLength = 1;

Dimension product_of(const Dimensions& sizes) {
  Dimension product = Dimension::of(1);
  for (const Dimension& size : sizes) product = product * size;
  return product;
}

/// Nothing is proved nor assumed: sizes are followed as far as they are plain.
class GuessingDomain : public ShapeDomain {
 public:
  Dimension resolve(const Dimension& size) const override { return size; }
  Dimension broadcast(const Dimension& a, const Dimension& b) override {
    if (a == b || b.is_one()) return a;
    if (a.is_one() || b.literal()) return b;
    return a;
  }
  void require_equal(const Dimension& /*a*/, const Dimension& /*b*/) override {}
  Dimension unknown() override { return Dimension::unknown(); }
  std::optional<Dimension> apply(SizeFunction function, const Dimension& a,
                                 const Dimension& b) override {
    const auto x = a.literal();
    const auto y = b.literal();
    const auto number = x && y ? evaluate(function, *x, *y) : std::nullopt;
    return number ? std::optional(Dimension::of(*number)) : std::nullopt;
  }
  bool is_fixed(const Dimension& size) const override { return size.literal().has_value(); }
  Dimension size_of_number(std::int64_t number, const SizePlace& /*place*/,
                           const std::optional<Dimension>& /*against*/) override {
    return Dimension::of(number);
  }
  std::optional<Dimensions> view(const Dimensions& from,
                                 const std::vector<std::optional<Dimension>>& to) override {
    if (std::count(to.begin(), to.end(), std::nullopt) > 1) throw Mismatch{};
    Dimensions sizes;
    for (const auto& size : to) sizes.push_back(size.value_or(Dimension::of(1)));
    const auto open = std::find(to.begin(), to.end(), std::nullopt);
    if (open == to.end()) return sizes;
    const Dimension asked = product_of(sizes);
    const auto rest = asked.is_monomial() ? product_of(from).divided_by(asked) : std::nullopt;
    sizes[static_cast<std::size_t>(open - to.begin())] = rest.value_or(Dimension::unknown());
    return sizes;
  }
  Dimension expand(const Dimension& /*size*/, const Dimension& to) override { return to; }
  Dimension part(const Dimension& /*size*/, const Dimension& first,
                 const Dimension& last) override {
    return last - first;
  }
};

std::optional<Value> as_value(std::int64_t number, TypeKind kind) {
  if (kind == TypeKind::kBool) return Value(number != 0);
  return Value(number);
}

bool is_long(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value);
  return (text != nullptr && text->size() > kLongestText) ||
         (list != nullptr && (*list)->items.size() > kLongestText);
}

bool is_plain(TypeKind kind) {
  return kind == TypeKind::kBool || kind == TypeKind::kInt || kind == TypeKind::kFloat ||
         kind == TypeKind::kString;
}

}  // namespace

Fact GuessedSizes::fact(ValueId id) const {
  if (const auto known = facts_.find(id); known != facts_.end()) {
    return with_types(known->second, graph_, id);
  }
  Fact found = graph_fact(graph_, id);
  const std::optional<Value>& constant = graph_.values[id].constant;
  if (constant && constant->is<Tensor>() && constant->as<Tensor>().defined()) {
    found.dims.emplace();
    for (const std::int64_t size : constant->as<Tensor>().sizes()) {
      found.dims->push_back(Dimension::of(size));
    }
  }
  return found;
}

/// Follows the sizes through the nodes that are new.
void GuessedSizes::catch_up() {
  for (const GraphInput& input : graph_.inputs) {
    if (graph_.values[input.value].type.kind != TypeKind::kTensor) continue;
    facts_[input.value].dims = {Dimension::of_symbol(kBatch), Dimension::of_symbol(kLength)};
  }
  GuessingDomain domain;
  for (; seen_ < graph_.nodes.size(); ++seen_) {
    const Node& node = graph_.nodes[seen_];
    for (const ValueId id : node.outputs) makers_[id] = seen_;
    if (node.kind == NodeKind::kList || node.kind == NodeKind::kTuple) {
      ItemCollector items;
      for (const ValueId id : node.inputs) items.add(fact(id));
      facts_[node.outputs[0]].items = items.take();
    } else if (node.kind == NodeKind::kUnpack) {
      const Fact list = fact(node.inputs[0]);
      const bool known = list.items && list.items->size() == node.outputs.size();
      for (std::size_t i = 0; known && i < node.outputs.size(); ++i) {
        facts_[node.outputs[i]] = (*list.items)[i];
      }
    } else {
      std::vector<Fact> arguments;
      for (const ValueId id : node.inputs) arguments.push_back(fact(id));
      std::vector<Fact> results(node.outputs.size());
      try {
        infer(*node.op, arguments, results, &domain);
      } catch (const Mismatch&) {
        results.assign(node.outputs.size(), Fact());
      }
      for (std::size_t i = 0; i < results.size(); ++i)
        facts_[node.outputs[i]] = std::move(results[i]);
    }
  }
}

std::optional<Value> GuessedSizes::value_of(ValueId id, int depth) {
  const GraphValue& value = graph_.values[id];
  if (value.constant) {
    const bool tensor = value.constant->is<Tensor>();
    return tensor || is_long(*value.constant) ? std::nullopt : value.constant;
  }
  if (depth == 0) catch_up();
  if (depth > kDeepest) return std::nullopt;
  if (const auto known = values_.find(id); known != values_.end()) return known->second;
  std::optional<Value> found;
  const Fact known = fact(id);
  if (known.number && known.number->literal() && is_plain(value.type.kind)) {
    found = as_value(*known.number->literal(), value.type.kind);
  } else if (value.type.kind == TypeKind::kList) {
    found = list_of(known, id, depth);
  } else if (const auto maker = makers_.find(id); maker != makers_.end()) {
    const Node& node = graph_.nodes[maker->second];
    if (node.kind == NodeKind::kOperator) found = compute(node, id, depth);
  }
  values_[id] = found;
  return found;
}

std::optional<Value> GuessedSizes::list_of(const Fact& known, ValueId id, int depth) {
  std::vector<Value> items;
  const auto maker = makers_.find(id);
  if (maker != makers_.end() && graph_.nodes[maker->second].kind == NodeKind::kList) {
    for (const ValueId item : graph_.nodes[maker->second].inputs) {
      std::optional<Value> value = value_of(item, depth + 1);
      if (!value) return std::nullopt;
      items.push_back(std::move(*value));
    }
    return Value::list(std::move(items));
  }
  if (!known.items) return std::nullopt;
  for (const Fact& item : *known.items) {
    const auto number = item.number ? item.number->literal() : std::nullopt;
    if (!number || item.kind != TypeKind::kInt) return std::nullopt;
    items.emplace_back(*number);
  }
  return Value::list(std::move(items));
}

std::optional<bool> GuessedSizes::equal(const Dimension& a, const Dimension& b) const {
  if (a.is_unknown() || b.is_unknown()) return std::nullopt;
  const auto apart = (a - b).literal();
  return apart ? std::optional(*apart == 0) : std::nullopt;
}

/// Sizes are alike without their numbers being known.
std::optional<Value> GuessedSizes::compare(const Node& node) {
  const bool equals = node.op->schema.name == "aten::eq";
  if ((!equals && node.op->schema.name != "aten::ne") || node.inputs.size() != 2)
    return std::nullopt;
  const Fact a = fact(node.inputs[0]);
  const Fact b = fact(node.inputs[1]);
  if (a.number && b.number) {
    const auto same = equal(*a.number, *b.number);
    return same ? std::optional<Value>(*same == equals) : std::nullopt;
  }
  if (!a.items || !b.items || a.kind != TypeKind::kList || b.kind != TypeKind::kList)
    return std::nullopt;
  bool all = a.items->size() == b.items->size();
  for (std::size_t i = 0; all && i < a.items->size(); ++i) {
    const std::optional<Dimension>& x = (*a.items)[i].number;
    const std::optional<Dimension>& y = (*b.items)[i].number;
    const auto same = x && y ? equal(*x, *y) : std::nullopt;
    if (!same) return std::nullopt;
    all = *same;
  }
  return Value(all == equals);
}

std::optional<Value> GuessedSizes::compute(const Node& node, ValueId id, int depth) {
  if (!is_plain(graph_.values[id].type.kind) || node.outputs.size() != 1 || writes(node))
    return std::nullopt;
  if (std::optional<Value> compared = compare(node)) return compared;
  std::vector<Value> inputs;
  for (const ValueId input : node.inputs) {
    std::optional<Value> value = value_of(input, depth + 1);
    if (!value || is_long(*value)) return std::nullopt;
    inputs.push_back(std::move(*value));
  }
  std::vector<Value> results(1);
  try {
    Call call(system_memory(), inputs, results);
    node.op->kernel(call);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    return std::nullopt;
  }
  return is_long(results[0]) ? std::nullopt : std::optional(std::move(results[0]));
}

}  // namespace henson::runtime
