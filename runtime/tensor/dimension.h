// Sizes as formulas in the sizes of the inputs: "B", "2·L", "B·L/4".
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace henson::runtime {

using SymbolId = std::uint32_t;

/// A sum of products of symbols with rational factors; exponents may be negative. Exact, or
/// unknown: what a formula becomes whose numbers leave 64 bits or that grows out of hand. An
/// unknown one has no symbols and no value, equals its copies only, and makes everything unknown
/// that is computed from it.
class Dimension {
 public:
  Dimension() = default;
  static Dimension of(std::int64_t value);
  static Dimension of_symbol(SymbolId symbol);
  /// Equal to no other.
  static Dimension unknown();
  bool is_unknown() const { return unknown_ != 0; }

  std::optional<std::int64_t> literal() const;  // when no symbol is left
  std::optional<SymbolId> symbol() const;       // when it is one symbol and nothing else
  /// One product only, as the dimensions of views are.
  bool is_monomial() const { return terms_.size() == 1; }
  /// Nothing in it is divided: whole sizes give a whole number.
  bool is_polynomial() const;
  /// The whole-number factor of a monomial; nothing for a fraction.
  std::optional<std::int64_t> coefficient() const;
  bool is_one() const { return literal() == 1; }
  std::vector<SymbolId> symbols() const;

  Dimension operator+(const Dimension& other) const;
  Dimension operator-(const Dimension& other) const;
  Dimension operator*(const Dimension& other) const;
  /// Division by a monomial that is not zero.
  std::optional<Dimension> divided_by(const Dimension& other) const;
  /// With a formula in a symbol's place; nothing when that would divide by a sum.
  std::optional<Dimension> substitute(SymbolId symbol, const Dimension& by) const;
  bool operator==(const Dimension& other) const = default;

  struct Fraction {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;
    auto operator<=>(const Fraction&) const = default;
  };
  using Product = std::map<SymbolId, int>;  // exponent of each symbol
  const std::map<Product, Fraction>& terms() const { return terms_; }

 private:
  /// False when the sum cannot be held.
  bool add_term(const Product& product, Fraction factor);
  std::map<Product, Fraction> terms_;
  std::uint64_t unknown_ = 0;  // 0: it is known; else a number of its own
};

/// The formula with what their symbols must equal in their place, as far as that can be divided by.
/// bound(symbol): a const std::optional<Dimension>&.
template <class Bound>
Dimension substitute_bound(Dimension dimension, const Bound& bound) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const SymbolId id : dimension.symbols()) {
      if (!bound(id)) continue;
      std::optional<Dimension> next = dimension.substitute(id, *bound(id));
      if (!next) return dimension;
      dimension = std::move(*next);
      changed = true;
      break;
    }
  }
  return dimension;
}

}  // namespace henson::runtime
