#include "runtime/tensor/dimension.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

using Fraction = Dimension::Fraction;

/// A formula with more terms, or with a power beyond this, is not followed: neither is a size that
/// a model has.
constexpr std::size_t kMostTerms = 64;
constexpr int kLargestExponent = 64;

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

bool Dimension::is_polynomial() const {
  return std::all_of(terms_.begin(), terms_.end(), [](const auto& term) {
    const auto& [product_of, factor] = term;
    return factor.denominator == 1 &&
           std::all_of(product_of.begin(), product_of.end(),
                       [](const auto& power) { return power.second >= 0; });
  });
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

}  // namespace henson::runtime
