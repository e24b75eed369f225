#include "runtime/tensor/dimension.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <set>

#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

using Fraction = Dimension::Fraction;

/// A formula with more terms, or with a power beyond this, is not followed: neither is a size that
/// a model has.
constexpr std::size_t kMostTerms = 64;
constexpr int kLargestExponent = 64;
/// How long what a derived size is called may be: it holds what the sizes are called that it is
/// derived from.
constexpr std::size_t kLongestText = 4096;

/// Nothing where a number cannot be held.
std::optional<Fraction> reduced(std::int64_t numerator, std::int64_t denominator) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  if (denominator == 1) return Fraction{numerator, 1};
  if (numerator == kLowest || denominator == kLowest) return std::nullopt;
  const std::int64_t sign = denominator < 0 ? -1 : 1;
  const std::int64_t divisor = std::max<std::int64_t>(std::gcd(numerator, denominator), 1);
  return Fraction{sign * numerator / divisor, sign * denominator / divisor};
}

std::optional<Fraction> product(Fraction a, Fraction b) {
  const std::optional<Fraction> x = reduced(a.numerator, b.denominator);
  const std::optional<Fraction> y = reduced(b.numerator, a.denominator);
  if (!x || !y) return std::nullopt;
  const std::optional<std::int64_t> above = try_multiply(x->numerator, y->numerator);
  const std::optional<std::int64_t> below = try_multiply(x->denominator, y->denominator);
  return above && below ? std::optional(Fraction{*above, *below}) : std::nullopt;
}

std::optional<Fraction> sum(Fraction a, Fraction b) {
  const std::optional<std::int64_t> left = try_multiply(a.numerator, b.denominator);
  const std::optional<std::int64_t> right = try_multiply(b.numerator, a.denominator);
  const std::optional<std::int64_t> below = try_multiply(a.denominator, b.denominator);
  const std::optional<std::int64_t> above = left && right ? try_add(*left, *right) : std::nullopt;
  return above && below ? reduced(*above, *below) : std::nullopt;
}

/// The product of two products of symbols.
std::optional<Dimension::Product> joined(const Dimension::Product& a, const Dimension::Product& b) {
  Dimension::Product both = a;
  for (const auto& [symbol, exponent] : b) {
    const int total = (both[symbol] += exponent);
    if (total == 0) both.erase(symbol);
    if (std::abs(total) > kLargestExponent) return std::nullopt;
  }
  return both;
}

}  // namespace

Dimension Dimension::unknown() {
  static std::atomic<std::uint64_t> count = 0;
  Dimension dimension;
  dimension.unknown_ = ++count;
  return dimension;
}

bool Dimension::add_term(const Product& product_of, Fraction factor) {
  const auto found = terms_.find(product_of);
  const std::optional<Fraction> total =
      found == terms_.end() ? std::optional(factor) : sum(found->second, factor);
  if (!total) return false;
  if (total->numerator == 0) {
    terms_.erase(product_of);
  } else {
    terms_.insert_or_assign(product_of, *total);
  }
  return terms_.size() <= kMostTerms;
}

Dimension Dimension::of(std::int64_t value) {
  Dimension dimension;
  dimension.add_term({}, {value, 1});
  return dimension;
}

Dimension Dimension::of_symbol(SymbolId symbol) {
  Dimension dimension;
  dimension.add_term({{symbol, 1}}, {1, 1});
  return dimension;
}

std::optional<std::int64_t> Dimension::literal() const {
  if (is_unknown()) return std::nullopt;
  if (terms_.empty()) return 0;
  const auto& [product_of, factor] = *terms_.begin();
  if (terms_.size() > 1 || !product_of.empty() || factor.denominator != 1) return std::nullopt;
  return factor.numerator;
}

std::optional<SymbolId> Dimension::symbol() const {
  if (terms_.size() != 1) return std::nullopt;
  const auto& [product_of, factor] = *terms_.begin();
  const bool single = product_of.size() == 1 && product_of.begin()->second == 1;
  if (!single || !(factor == Fraction{1, 1})) return std::nullopt;
  return product_of.begin()->first;
}

std::optional<std::int64_t> Dimension::coefficient() const {
  if (terms_.size() != 1 || terms_.begin()->second.denominator != 1) return std::nullopt;
  return terms_.begin()->second.numerator;
}

std::vector<SymbolId> Dimension::symbols() const {
  std::map<SymbolId, bool> found;
  for (const auto& [product_of, factor] : terms_) {
    for (const auto& [symbol, exponent] : product_of) found.emplace(symbol, true);
  }
  std::vector<SymbolId> symbols;
  for (const auto& [symbol, flag] : found) symbols.push_back(symbol);
  return symbols;
}

Dimension Dimension::operator+(const Dimension& other) const {
  if (is_unknown() || other.is_unknown()) return unknown();
  Dimension result = *this;
  for (const auto& [product_of, factor] : other.terms_) {
    if (!result.add_term(product_of, factor)) return unknown();
  }
  return result;
}

Dimension Dimension::operator-(const Dimension& other) const { return *this + of(-1) * other; }

Dimension Dimension::operator*(const Dimension& other) const {
  if (is_unknown() || other.is_unknown()) return unknown();
  if (terms_.size() * other.terms_.size() > kMostTerms) return unknown();
  Dimension result;
  for (const auto& [a, a_factor] : terms_) {
    for (const auto& [b, b_factor] : other.terms_) {
      const std::optional<Product> both = joined(a, b);
      const std::optional<Fraction> factor = product(a_factor, b_factor);
      if (!both || !factor || !result.add_term(*both, *factor)) return unknown();
    }
  }
  return result;
}

std::optional<Dimension> Dimension::divided_by(const Dimension& other) const {
  if (!other.is_monomial()) return std::nullopt;
  const auto& [divisor, factor] = *other.terms_.begin();
  Dimension inverse;
  Product inverted;
  for (const auto& [symbol, exponent] : divisor) inverted[symbol] = -exponent;
  const std::optional<Fraction> over = reduced(factor.denominator, factor.numerator);
  if (!over) return unknown();
  inverse.add_term(inverted, *over);
  return *this * inverse;
}

std::optional<Dimension> Dimension::substitute(SymbolId symbol, const Dimension& by) const {
  if (is_unknown()) return *this;
  Dimension result;
  for (const auto& [product_of, factor] : terms_) {
    Product rest = product_of;
    const auto found = rest.find(symbol);
    const int exponent = found == rest.end() ? 0 : found->second;
    if (exponent != 0) rest.erase(symbol);
    Dimension term;
    term.add_term(rest, factor);
    for (int i = 0; i < exponent; ++i) term = term * by;
    for (int i = 0; i > exponent; --i) {
      const std::optional<Dimension> quotient = term.divided_by(by);
      if (!quotient) return std::nullopt;
      term = *quotient;
    }
    result = result + term;
  }
  return result;
}

Dimension DimensionSolver::input(std::size_t input, std::size_t dim,
                                 std::optional<std::int64_t> traced) {
  symbols_.push_back({Kind::kInput, input, dim, traced, std::nullopt, {}, {}});
  return Dimension::of_symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Dimension DimensionSolver::constant(std::int64_t value) {
  symbols_.push_back({Kind::kConstant, 0, 0, value, std::nullopt, {}, {}});
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
    symbols_.push_back({Kind::kDerived, 0, 0, traced, std::nullopt, text, std::move(made_of)});
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

bool DimensionSolver::learn_traced(const Dimension& dimension, std::int64_t value) {
  if (const std::optional<std::int64_t> known = traced(dimension)) return *known == value;
  const std::vector<SymbolId> symbols = dimension.symbols();
  if (symbols.size() != 1 || !dimension.is_monomial()) return true;
  // k times one size that nothing was known of.
  const std::optional<Dimension> factor = dimension.divided_by(Dimension::of_symbol(symbols[0]));
  const std::optional<std::int64_t> times = factor ? factor->literal() : std::nullopt;
  if (!times || *times < 1) return true;
  if (value % *times != 0) return false;
  symbols_[symbols[0]].traced = value / *times;
  return true;
}

bool DimensionSolver::bind(SymbolId symbol, const Dimension& to) {
  for (const SymbolId id : to.symbols()) {
    if (id == symbol) return false;
  }
  if (symbols_[symbol].traced && !learn_traced(to, *symbols_[symbol].traced)) return false;
  if (!symbols_[symbol].traced) symbols_[symbol].traced = traced(to);
  symbols_[symbol].bound = to;
  return true;
}

bool DimensionSolver::unify(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || x.is_unknown() || y.is_unknown()) return true;
  const std::optional<SymbolId> p = x.symbol();
  const std::optional<SymbolId> q = y.symbol();
  const auto is = [&](const std::optional<SymbolId>& id, Kind kind) {
    return id && symbols_[*id].kind == kind;
  };
  // What may be a dummy's gives way first, then the later input, then the earlier.
  if (is(p, Kind::kConstant)) return bind(*p, y);
  if (is(q, Kind::kConstant)) return bind(*q, x);
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
          return bind(id, *Dimension::of(1).divided_by(*rest));
        }
        if (const Dimension rest = *ratio * v; free_of(rest)) return bind(id, rest);
      }
    }
  }
  if (is(p, Kind::kDerived)) return bind(*p, y);
  if (is(q, Kind::kDerived)) return bind(*q, x);
  if (p && q) return *p > *q ? bind(*p, y) : bind(*q, x);
  if (p) return bind(*p, y);
  if (q) return bind(*q, x);
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
  if (!unify(x, y)) return std::nullopt;
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
