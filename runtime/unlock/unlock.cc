#include "runtime/unlock/unlock.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "runtime/analysis/baked_values.h"
#include "runtime/graph/node_writer.h"
#include "runtime/unlock/assumed_shapes.h"

namespace henson::runtime {
namespace {

using InputShape = AssumedShapes::InputShape;

/// Analyses at most: one after the other inputs are given other ranks, the first ones first.
constexpr std::size_t kMostGuesses = 48;

/// Ranks to try where the archive does not tell: ids and masks have two dimensions, nearly always.
std::vector<std::vector<InputShape>> guesses(const TracedShapes& traced, const InputRanks& ranks) {
  std::vector<InputShape> base;
  for (const auto& shape : traced) base.push_back({shape ? shape->size() : 2, shape});
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] && !base[i].traced) base[i].rank = *ranks[i];
  }
  std::vector<std::vector<InputShape>> all = {base};
  if (!ranks.empty()) return all;
  for (const std::size_t rank : {std::size_t{3}, std::size_t{1}}) {
    std::vector<InputShape> guess = base;
    for (InputShape& input : guess) {
      if (!input.traced) input.rank = rank;
    }
    all.push_back(std::move(guess));
  }
  for (std::size_t i = 0; i < base.size() && base.size() > 1; ++i) {
    for (const std::size_t rank : {std::size_t{4}, std::size_t{3}, std::size_t{1}}) {
      if (base[i].traced || all.size() >= kMostGuesses) continue;
      all.push_back(base);
      all.back()[i].rank = rank;
    }
  }
  return all;
}

/// The analysis whose guesses contradict the graph least.
std::unique_ptr<AssumedShapes> analyse(const Graph& graph, const TracedShapes& traced,
                                       const InputRanks& given,
                                       const std::vector<std::optional<Value>>& baked,
                                       const Evidence& evidence, std::vector<std::size_t>& ranks) {
  std::unique_ptr<AssumedShapes> best;
  for (const std::vector<InputShape>& guess : guesses(traced, given)) {
    auto analysis = std::make_unique<AssumedShapes>(graph, guess, baked, evidence);
    analysis->run();
    if (best && analysis->contradictions() >= best->contradictions()) continue;
    best = std::move(analysis);
    ranks.clear();
    for (const InputShape& input : guess) ranks.push_back(input.rank);
    if (best->contradictions() == 0) break;
  }
  return best;
}

/// Adds nodes that compute formulas from the inputs' sizes, each once.
class SizeWriter {
 public:
  SizeWriter(Graph& graph, const DimensionSolver& solver, NodeWriter& nodes)
      : graph_(graph), solver_(solver), nodes_(nodes) {}

  /// The value of a formula of input sizes; nothing when it has other symbols.
  std::optional<ValueId> write(const Dimension& dimension, const script::SourceLine& where) {
    const std::string key = solver_.to_string(dimension);
    if (const auto known = written_.find(key); known != written_.end()) return known->second;
    std::optional<ValueId> total;
    for (const auto& [product, factor] : dimension.terms()) {
      const std::optional<ValueId> term = write_product(product, factor, where);
      if (!term) return std::nullopt;
      total = total ? nodes_.call("aten::add", {*total, *term}, where) : *term;
    }
    if (!total) return std::nullopt;
    written_.emplace(key, *total);
    return total;
  }

 private:
  std::optional<ValueId> write_product(const Dimension::Product& product,
                                       const Dimension::Fraction& factor,
                                       const script::SourceLine& where) {
    ValueId above = nodes_.number(factor.numerator);
    ValueId below = nodes_.number(factor.denominator);
    for (const auto& [id, exponent] : product) {
      const DimensionSolver::Symbol& symbol = solver_.symbol(id);
      if (symbol.kind != DimensionSolver::Kind::kInput) return std::nullopt;
      const ValueId size = write_size(id, symbol, where);
      for (int i = 0; i < exponent; ++i) above = nodes_.call("aten::mul", {above, size}, where);
      for (int i = 0; i > exponent; --i) below = nodes_.call("aten::mul", {below, size}, where);
    }
    const bool whole = graph_.values[below].constant && factor.denominator == 1;
    return whole ? above : nodes_.call("aten::floordiv", {above, below}, where);
  }

  ValueId write_size(SymbolId id, const DimensionSolver::Symbol& symbol,
                     const script::SourceLine& where) {
    if (const auto known = sizes_.find(id); known != sizes_.end()) return known->second;
    const ValueId size = nodes_.call(
        "aten::size",
        {graph_.inputs[symbol.input].value, nodes_.number(static_cast<std::int64_t>(symbol.dim))},
        where);
    sizes_.emplace(id, size);
    return size;
  }

  Graph& graph_;
  const DimensionSolver& solver_;
  NodeWriter& nodes_;
  std::map<std::string, ValueId> written_;
  std::map<SymbolId, ValueId> sizes_;
};

class Unlocker {
 public:
  Unlocker(Graph& graph, const TracedShapes& traced, const InputRanks& ranks,
           const Evidence& evidence)
      : graph_(graph) {
    for (const Node& node : graph_.nodes) locations_.push_back(node.where);
    baked_ = baked_values(graph_);
    analysis_ = analyse(graph_, traced, ranks, baked_, evidence, result_.ranks);
  }

  UnlockResult run() {
    SizeWriter writer(graph_, analysis_->solver(), nodes_);
    before_.resize(graph_.nodes.size());
    for (const SizeSite& site : analysis_->sites()) rewrite(site, writer);
    for (const StretchSite& stretch : analysis_->stretches()) rewrite(stretch, writer);
    for (const MadeNumber& number : analysis_->made_numbers()) rewrite(number, writer);
    result_.stated = analysis_->stated();
    assemble();
    collect_conditions();
    result_.contradictions = analysis_->contradictions();
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) graph_.inputs[i].rank = result_.ranks[i];
    return std::move(result_);
  }

 private:
  /// What a symbol of the code turned out to be, when that depends on the inputs.
  std::optional<Dimension> input_formula(const Dimension& symbol) const {
    const Dimension resolved = analysis_->solver().resolve(symbol);
    if (resolved.literal()) return std::nullopt;
    for (const SymbolId id : resolved.symbols()) {
      if (analysis_->solver().symbol(id).kind != DimensionSolver::Kind::kInput) return std::nullopt;
    }
    return resolved;
  }

  void rewrite(const SizeSite& site, SizeWriter& writer) {
    const std::optional<Dimension> formula = input_formula(site.symbol);
    if (!formula) return;
    const script::SourceLine where = graph_.nodes[site.node].where;
    const std::optional<ValueId> size = writer.write(*formula, where);
    if (!size) return;
    if (site.item) {
      replace_item(site, *size);
    } else {
      graph_.nodes[site.node].inputs[site.argument] = *size;
    }
    note(where,
         graph_.nodes[site.node].op->schema.name + " holds " + std::to_string(site.value) +
             ", the dummy input's " + analysis_->solver().to_string(*formula),
         site.symbol, *formula);
    result_.unlocked.back().held = site.value;
  }

  /// A number that the witness shows to be made of a size is computed from it.
  void rewrite(const MadeNumber& number, SizeWriter& writer) {
    using Form = MadeNumber::Form;
    const script::SourceLine where = graph_.nodes[number.node].where;
    const std::optional<ValueId> size = writer.write(number.size, where);
    if (!size) return;
    ValueId made = *size;
    if (number.form == Form::kRoot || number.form == Form::kInverseRoot) {
      made = nodes_.call("aten::sqrt", {made}, where);
    }
    if (number.form == Form::kLogarithm) made = nodes_.call("aten::log", {made}, where);
    if (number.form == Form::kInverse || number.form == Form::kInverseRoot) {
      made = nodes_.call("aten::div", {nodes_.number(1), made}, where);
    }
    ValueId& argument = graph_.nodes[number.node].inputs[number.argument];
    if (graph_.values[argument].type.kind == TypeKind::kTensor) {
      made = nodes_.call("prim::NumToTensor", {made}, where);
    }
    argument = made;
    result_.unlocked.push_back({where, graph_.nodes[number.node].op->schema.name +
                                           " has a number that the witness shows to be "
                                           "made of the dummy input's " +
                                           analysis_->solver().to_string(number.size)});
  }

  /// What `symbol`, a number of the code, was made, and where that will do.
  void note(const script::SourceLine& where, const std::string& what, const Dimension& symbol,
            const Dimension& formula) {
    using Demand = ShapeCondition::Demand;
    result_.unlocked.push_back({where, what, formula});
    const auto demand = [&](Demand demanded) {
      result_.conditions.push_back(
          {.size = formula, .demand = demanded, .where = where, .reason = what});
    };
    // A size by another: it was a whole number in the trace, and must be one here.
    if (!formula.is_polynomial()) demand(Demand::kWhole);
    // Where the size is 1 the number may be the model's own, to which that is repeated.
    if (analysis_->solver().may_be_repeated(symbol)) demand(Demand::kNotOne);
  }

  /// Puts `size` into a list argument: the list is made anew before the node.
  void replace_item(const SizeSite& site, ValueId size) {
    std::vector<Node>& before = before_[site.node];
    const ValueId list = graph_.nodes[site.node].inputs[site.argument];
    const auto made = std::find_if(before.begin(), before.end(),
                                   [&](const Node& node) { return node.outputs[0] == list; });
    if (made != before.end()) {
      made->inputs[*site.item] = size;
      return;
    }
    std::vector<ValueId> items = items_of(list);
    items[*site.item] = size;
    graph_.nodes[site.node].inputs[site.argument] =
        NodeWriter(graph_, before).list(std::move(items), graph_.nodes[site.node].where);
  }

  std::vector<ValueId> items_of(ValueId list) {
    if (const std::optional<Value>& constant = graph_.values[list].constant) {
      std::vector<Value> items;
      if (const auto* held = std::get_if<std::shared_ptr<ListValue>>(&*constant)) {
        items = (*held)->items;
      } else {
        items.push_back(*constant);
      }
      std::vector<ValueId> ids;
      for (const Value& item : items) ids.push_back(graph_.add_constant(item, type_of(item)));
      return ids;
    }
    for (const Node& node : graph_.nodes) {
      if (node.kind == NodeKind::kList && node.outputs[0] == list) return node.inputs;
    }
    throw Error(ErrorCode::kInternal, "a list of sizes was made by no node");
  }

  /// A constant tensor of the dummy input's size becomes as long as the input: its first row
  /// repeated, or a count from its first element on.
  void rewrite(const StretchSite& stretch, SizeWriter& writer) {
    const std::optional<Dimension> formula = input_formula(stretch.symbol);
    if (!formula) return;
    const script::SourceLine where = first_use(stretch.value);
    const std::optional<ValueId> size = writer.write(*formula, where);
    if (!size) return;
    const auto current = stretched_.find(stretch.value);
    const ValueId from = current == stretched_.end() ? stretch.value : current->second;
    stretched_[stretch.value] = stretch.counts ? count_along(from, stretch, *size, where)
                                               : repeat_along(from, stretch, *size, where);
    note(where,
         graph_.values[stretch.value].name + " is as long as the dummy input's " +
             analysis_->solver().to_string(*formula),
         stretch.symbol, *formula);
  }

  script::SourceLine first_use(ValueId value) const {
    for (const Node& node : graph_.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), value) != node.inputs.end()) {
        return node.where;
      }
    }
    return {};
  }

  ValueId repeat_along(ValueId from, const StretchSite& stretch, ValueId size,
                       const script::SourceLine& where) {
    std::vector<ValueId> sizes(rank_of(stretch), nodes_.number(-1));
    sizes[stretch.dim] = size;
    const ValueId row = first_row(from, stretch, where);
    return nodes_.call("aten::expand", {row, nodes_.list(std::move(sizes), where)}, where);
  }

  /// row 0 + arange(size), broadcast along the dimension.
  ValueId count_along(ValueId from, const StretchSite& stretch, ValueId size,
                      const script::SourceLine& where) {
    const ValueId row = first_row(from, stretch, where);
    ValueId count = nodes_.call("aten::arange", {size}, where);
    for (std::size_t d = stretch.dim + 1; d < rank_of(stretch); ++d) {
      count = nodes_.call("aten::unsqueeze", {count, nodes_.number(-1)}, where);
    }
    return nodes_.call("aten::add", {row, count}, where);
  }

  ValueId first_row(ValueId from, const StretchSite& stretch, const script::SourceLine& where) {
    const ValueId dim = nodes_.number(static_cast<std::int64_t>(stretch.dim));
    return nodes_.call("aten::narrow", {from, dim, nodes_.number(0), nodes_.number(1)}, where);
  }

  std::size_t rank_of(const StretchSite& stretch) const {
    return graph_.values[stretch.value].constant->as<Tensor>().sizes().size();
  }

  /// The prologue first, lists made anew before the nodes that take them, stretched constants in
  /// place.
  void assemble() {
    std::vector<Node> nodes = std::move(prologue_);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      for (Node& node : before_[n]) nodes.push_back(std::move(node));
      nodes.push_back(std::move(graph_.nodes[n]));
      for (ValueId& input : nodes.back().inputs) {
        const auto stretched = stretched_.find(input);
        if (stretched != stretched_.end()) input = stretched->second;
      }
    }
    graph_.nodes = std::move(nodes);
  }

  void collect_conditions() {
    const DimensionSolver& solver = analysis_->solver();
    for (std::size_t id = 0; id < solver.symbol_count(); ++id) {
      const DimensionSolver::Symbol& symbol = solver.symbol(static_cast<SymbolId>(id));
      const bool of_input = symbol.kind == DimensionSolver::Kind::kInput;
      result_.symbols.push_back(
          of_input ? std::optional(UnlockResult::InputSize{symbol.input, symbol.dim})
                   : std::nullopt);
    }
    for (const ShapeLock& lock : merged(analysis_->locks())) {
      using Demand = ShapeCondition::Demand;
      result_.conditions.push_back({.size = lock.size,
                                    .demand = lock.at_most ? Demand::kAtMost : Demand::kValue,
                                    .value = lock.value,
                                    .where = locations_[lock.node],
                                    .reason = lock.reason,
                                    .limit = lock.limit,
                                    .doubt = !lock.limit && !lock.must});
    }
  }

  /// Each lock once.
  std::vector<ShapeLock> merged(const std::vector<ShapeLock>& locks) const {
    std::set<std::tuple<std::string, bool, std::int64_t>> known;
    std::vector<ShapeLock> kept;
    for (const ShapeLock& lock : locks) {
      std::string size = analysis_->solver().to_string(lock.size);
      if (known.emplace(std::move(size), lock.at_most, lock.value).second) kept.push_back(lock);
    }
    return kept;
  }

  Graph& graph_;
  UnlockResult result_;
  std::vector<std::optional<Value>> baked_;
  std::unique_ptr<AssumedShapes> analysis_;
  std::vector<script::SourceLine> locations_;
  std::vector<Node> prologue_;
  NodeWriter nodes_{graph_, prologue_};
  std::vector<std::vector<Node>> before_;
  std::map<ValueId, ValueId> stretched_;
};

[[noreturn]] void wrong_rank(const GraphInput& input, std::size_t wanted, std::size_t given) {
  throw Error(ErrorCode::kBadInput, describe(input) + " should have " + std::to_string(wanted) +
                                        " dimensions, and has " + std::to_string(given));
}

/// The formula at the inputs' shapes, and which sizes it is made of; nothing where an input is
/// absent.
std::optional<Dimension> evaluate(const ShapeCondition& condition, const UnlockResult& result,
                                  const Graph& graph,
                                  std::span<const std::optional<std::vector<std::int64_t>>> shapes,
                                  std::string& sizes) {
  std::optional<Dimension> size = condition.size;
  for (const SymbolId id : condition.size.symbols()) {
    const auto& place = result.symbols[id];
    if (!place || !shapes[place->input]) return std::nullopt;
    const GraphInput& input = graph.inputs[place->input];
    const std::vector<std::int64_t>& shape = *shapes[place->input];
    if (place->dim >= shape.size()) {
      wrong_rank(input, result.ranks[place->input], shape.size());
    }
    if (!sizes.empty()) sizes += " with ";
    sizes += "dimension " + std::to_string(place->dim) + " of input " + input.path + " (" +
             input.name + ")";
    // Divided by a size of zero it has no value, and is no whole number.
    if (size) size = size->substitute(id, Dimension::of(shape[place->dim]));
  }
  return size.value_or(Dimension::unknown());
}

bool holds(const ShapeCondition& condition, const std::optional<std::int64_t>& value) {
  using Demand = ShapeCondition::Demand;
  switch (condition.demand) {
    case Demand::kValue:
      return value == condition.value;
    case Demand::kAtMost:
      return value && *value <= condition.value;
    case Demand::kWhole:
      return value && *value >= 0;
    case Demand::kNotOne:
      return value != 1;
  }
  return false;
}

[[noreturn]] void refuse(const ShapeCondition& condition, const std::optional<std::int64_t>& value,
                         const std::string& sizes) {
  std::string message = condition.reason;
  if (condition.limit) {
    message = "the input has " + (value ? std::to_string(*value) : "too many") +
              " tokens; this model takes at most " + std::to_string(condition.value) + " (table " +
              condition.reason + ")";
  } else if (condition.demand == ShapeCondition::Demand::kWhole) {
    message += "; that is no whole number at this shape: " + sizes;
  } else if (condition.demand == ShapeCondition::Demand::kNotOne) {
    message +=
        "; where that is 1, as here, it cannot be told whether the number is meant: " + sizes;
  } else if (condition.value < 0) {
    message += "; the archive does not tell at which shape it was traced";
  } else {
    message += "; the archive runs where " + sizes + " gives " +
               (condition.demand == ShapeCondition::Demand::kAtMost ? "at most " : "") +
               std::to_string(condition.value) + ", and not at " +
               (value ? std::to_string(*value) : "a fraction");
  }
  // Short: long messages lose their middle.
  if (condition.doubt) {
    message +=
        ". --constant with this place states it; --witness B.pt, another shape's trace, shows it";
  }
  throw_at(condition.where, ErrorCode::kBadInput, message);
}

}  // namespace

UnlockResult unlock(Graph& graph, const TracedShapes& traced, const InputRanks& ranks,
                    const Evidence& evidence) {
  return Unlocker(graph, traced, ranks, evidence).run();
}

void check_ranks(const UnlockResult& result, const Graph& graph,
                 std::span<const std::optional<std::vector<std::int64_t>>> shapes) {
  for (std::size_t i = 0; i < shapes.size() && i < result.ranks.size(); ++i) {
    if (shapes[i] && shapes[i]->size() != result.ranks[i]) {
      wrong_rank(graph.inputs[i], result.ranks[i], shapes[i]->size());
    }
  }
}

void check_conditions(const UnlockResult& result, const Graph& graph,
                      std::span<const std::optional<std::vector<std::int64_t>>> shapes) {
  const bool matters =
      !result.unlocked.empty() || std::any_of(result.conditions.begin(), result.conditions.end(),
                                              [](const ShapeCondition& c) { return !c.limit; });
  if (matters) check_ranks(result, graph, shapes);
  for (const ShapeCondition& condition : result.conditions) {
    std::string sizes;
    const std::optional<Dimension> size = evaluate(condition, result, graph, shapes, sizes);
    if (size && !holds(condition, size->literal())) refuse(condition, size->literal(), sizes);
  }
}

}  // namespace henson::runtime
