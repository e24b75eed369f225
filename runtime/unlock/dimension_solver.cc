#include "runtime/unlock/dimension_solver.h"

#include <algorithm>
#include <set>
#include <utility>

namespace henson::runtime {
namespace {

/// How long what a derived size is called may be: it holds what the sizes are called that it is
/// derived from.
constexpr std::size_t kLongestText = 4096;

}  // namespace

Dimension DimensionSolver::input(std::size_t input, std::size_t dim,
                                 std::optional<std::int64_t> traced) {
  symbols_.push_back({.kind = Kind::kInput,
                      .input = input,
                      .dim = dim,
                      .traced = traced,
                      .told = traced.has_value()});
  return Dimension::of_symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Dimension DimensionSolver::constant(std::int64_t value) {
  symbols_.push_back({.kind = Kind::kConstant, .traced = value, .told = true});
  return Dimension::of_symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Dimension DimensionSolver::derived(const std::string& what, const Dimension& a, const Dimension& b,
                                   std::optional<std::int64_t> traced) {
  if (resolve(a).is_unknown() || resolve(b).is_unknown()) return Dimension::unknown();
  const std::string text = what + "(" + to_string(resolve(a)) + ", " + to_string(resolve(b)) + ")";
  if (text.size() > kLongestText) return Dimension::unknown();
  const auto [found, added] = derived_.emplace(text, static_cast<SymbolId>(symbols_.size()));
  if (added) {
    std::vector<SymbolId> made_of = resolve(a).symbols();
    for (const SymbolId id : resolve(b).symbols()) made_of.push_back(id);
    symbols_.push_back(
        {.kind = Kind::kDerived, .traced = traced, .text = text, .made_of = std::move(made_of)});
  }
  Symbol& symbol = symbols_[found->second];
  if (!symbol.traced) symbol.traced = traced;
  return Dimension::of_symbol(found->second);
}

Dimension DimensionSolver::resolve(const Dimension& dimension) const {
  return substitute_bound(
      dimension, [&](SymbolId id) -> const auto& { return symbols_[id].bound; });
}

std::vector<SymbolId> DimensionSolver::inputs_of(const Dimension& dimension) const {
  std::set<SymbolId> seen;
  std::vector<SymbolId> pending = resolve(dimension).symbols();
  std::vector<SymbolId> inputs;
  while (!pending.empty()) {
    const SymbolId id = pending.back();
    pending.pop_back();
    if (!seen.insert(id).second) continue;
    const Symbol& symbol = symbols_[id];
    const std::vector<SymbolId> next = symbol.bound ? symbol.bound->symbols() : symbol.made_of;
    pending.insert(pending.end(), next.begin(), next.end());
    if (symbol.kind == Kind::kInput && !symbol.bound) inputs.push_back(id);
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

std::optional<std::int64_t> DimensionSolver::traced(const Dimension& dimension) const {
  Dimension current = resolve(dimension);
  for (const SymbolId id : current.symbols()) {
    if (!symbols_[id].traced) return std::nullopt;
    const std::optional<Dimension> next =
        current.substitute(id, Dimension::of(*symbols_[id].traced));
    if (!next) return std::nullopt;
    current = *next;
  }
  return current.literal();
}

std::optional<std::int64_t> DimensionSolver::told(const Dimension& dimension) const {
  for (const SymbolId id : resolve(dimension).symbols()) {
    if (!symbols_[id].told) return std::nullopt;
  }
  return traced(dimension);
}

bool DimensionSolver::learn_traced(const Dimension& dimension, std::int64_t value,
                                   Equality equality) {
  const std::optional<std::int64_t> known = traced(dimension);
  if (known && *known != value) return false;
  const std::vector<SymbolId> symbols = dimension.symbols();
  if (symbols.size() != 1 || !dimension.is_monomial()) return true;
  // k times one size that nothing was known of.
  const std::optional<Dimension> factor = dimension.divided_by(Dimension::of_symbol(symbols[0]));
  const std::optional<std::int64_t> times = factor ? factor->literal() : std::nullopt;
  if (!times || *times < 1) return true;
  if (value % *times != 0) return false;
  Symbol& symbol = symbols_[symbols[0]];
  if (!known) symbol.traced = value / *times;
  symbol.told = symbol.told || equality == Equality::kAlways;
  return true;
}

bool DimensionSolver::bind(SymbolId symbol, const Dimension& to, Equality equality) {
  for (const SymbolId id : to.symbols()) {
    if (id == symbol) return false;
  }
  if (symbols_[symbol].traced && !learn_traced(to, *symbols_[symbol].traced, equality)) {
    return false;
  }
  if (!symbols_[symbol].traced) symbols_[symbol].traced = traced(to);
  symbols_[symbol].bound = to;
  symbols_[symbol].unless_one = equality == Equality::kUnlessOne;
  return true;
}

bool DimensionSolver::may_be_repeated(const Dimension& constant) const {
  const std::optional<SymbolId> id = constant.symbol();
  if (!id || !symbols_[*id].bound || symbols_[*id].traced == 1) return false;
  const Symbol& symbol = symbols_[*id];
  const std::optional<SymbolId> next = symbol.bound->symbol();
  if (next && symbols_[*next].bound && may_be_repeated(*symbol.bound)) return true;
  if (!symbol.unless_one) return false;
  return !told(constant);
}

bool DimensionSolver::unify(const Dimension& a, const Dimension& b, Equality equality) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || x.is_unknown() || y.is_unknown()) return true;
  const std::optional<SymbolId> p = x.symbol();
  const std::optional<SymbolId> q = y.symbol();
  const auto is = [&](const std::optional<SymbolId>& id, Kind kind) {
    return id && symbols_[*id].kind == kind;
  };
  // What may be a dummy's gives way first, then the later input, then the earlier.
  if (is(p, Kind::kConstant)) return bind(*p, y, equality);
  if (is(q, Kind::kConstant)) return bind(*q, x, equality);
  for (const SymbolId id : (x - y).symbols()) {
    // k·v = …: a constant's size within a product.
    if (symbols_[id].kind != Kind::kConstant) continue;
    const Dimension v = Dimension::of_symbol(id);
    const auto free_of = [&](const std::optional<Dimension>& d) {
      if (!d || !d->is_monomial()) return false;
      for (const SymbolId other : d->symbols()) {
        if (other == id) return false;
      }
      return true;
    };
    if (x.is_monomial() && y.is_monomial()) {
      if (const std::optional<Dimension> ratio = x.divided_by(y)) {
        // ratio = v^±1 · rest must be 1.
        if (const std::optional<Dimension> rest = ratio->divided_by(v); free_of(rest)) {
          return bind(id, *Dimension::of(1).divided_by(*rest), equality);
        }
        if (const Dimension rest = *ratio * v; free_of(rest)) return bind(id, rest, equality);
      }
    }
  }
  if (is(p, Kind::kDerived)) return bind(*p, y, equality);
  if (is(q, Kind::kDerived)) return bind(*q, x, equality);
  if (p && q) return *p > *q ? bind(*p, y, equality) : bind(*q, x, equality);
  if (p) return bind(*p, y, equality);
  if (q) return bind(*q, x, equality);
  const std::optional<std::int64_t> xv = traced(x);
  const std::optional<std::int64_t> yv = traced(y);
  // Formulas that agree where they can be compared are taken for equal: both are computed when it
  // runs.
  if (x.literal() && y.literal()) return false;
  return !xv || !yv || *xv == *yv;
}

std::optional<Dimension> DimensionSolver::broadcast(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y) return x;
  const auto is_one = [&](const Dimension& d) {
    const std::optional<SymbolId> id = d.symbol();
    const bool constant_one =
        id && symbols_[*id].kind == Kind::kConstant && symbols_[*id].traced == 1;
    return d.is_one() || constant_one;
  };
  if (is_one(x)) return y;
  if (is_one(y)) return x;
  if (!unify(x, y, Equality::kUnlessOne)) return std::nullopt;
  return resolve(x);
}

std::string DimensionSolver::to_string(const Dimension& dimension) const {
  if (dimension.is_unknown()) return "a size that cannot be told";
  if (dimension.terms().empty()) return "0";
  std::string text;
  for (const auto& [product_of, factor] : dimension.terms()) {
    if (!text.empty()) text += " + ";
    std::string names;
    for (const auto& [id, exponent] : product_of) {
      const Symbol& symbol = symbols_[id];
      if (!names.empty()) names += '*';
      names += symbol.kind == Kind::kInput ? "size(" + std::to_string(symbol.input) + ", " +
                                                 std::to_string(symbol.dim) + ")"
               : symbol.kind == Kind::kDerived ? symbol.text
                                               : "c" + std::to_string(id);
      if (exponent != 1) names += "^" + std::to_string(exponent);
    }
    std::string number = std::to_string(factor.numerator);
    if (factor.denominator != 1) number += "/" + std::to_string(factor.denominator);
    if (names.empty()) {
      text += number;
    } else {
      text += number == "1" ? names : number + "*" + names;
    }
  }
  return text;
}

}  // namespace henson::runtime
