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

/// What is known of the symbols, and what they must equal. Symbols are sizes of inputs, sizes that
/// the code holds as constants and which may be a dummy's, and results of divisions and the like.
class DimensionSolver {
 public:
  enum class Kind { kInput, kConstant, kDerived };

  /// A size of an input; `traced` is its value in the dummy input, where the archive tells.
  Dimension input(std::size_t input, std::size_t dim, std::optional<std::int64_t> traced);
  /// A size that the code holds as the number `value`.
  Dimension constant(std::int64_t value);
  /// floor(a / b), a mod b, …: one symbol for one formula.
  Dimension derived(const std::string& what, const Dimension& a, const Dimension& b,
                    std::optional<std::int64_t> traced);

  /// The formula with everything known put in.
  Dimension resolve(const Dimension& dimension) const;
  /// The value at the shape of the dummy input, as far as it is known.
  std::optional<std::int64_t> traced(const Dimension& dimension) const;
  /// The sizes of inputs that a size is computed from, each once.
  std::vector<SymbolId> inputs_of(const Dimension& dimension) const;
  /// Makes two sizes equal. False when they cannot be.
  bool unify(const Dimension& a, const Dimension& b);
  /// The size of an elementwise operator's result; unifies sizes unless one is 1. Nothing when they
  /// do not fit.
  std::optional<Dimension> broadcast(const Dimension& a, const Dimension& b);

  struct Symbol {
    Kind kind = Kind::kInput;
    std::size_t input = 0;  // of kInput
    std::size_t dim = 0;
    std::optional<std::int64_t> traced;
    std::optional<Dimension> bound;  // what it must equal
    std::string text;                // of kDerived
    std::vector<SymbolId> made_of;   // of kDerived: the symbols of what it is computed from
  };
  const Symbol& symbol(SymbolId id) const { return symbols_[id]; }
  std::size_t symbol_count() const { return symbols_.size(); }
  std::string to_string(const Dimension& dimension) const;

 private:
  bool bind(SymbolId symbol, const Dimension& to);
  bool learn_traced(const Dimension& dimension, std::int64_t value);
  std::vector<Symbol> symbols_;
  std::map<std::string, SymbolId> derived_;
};

}  // namespace henson::runtime
