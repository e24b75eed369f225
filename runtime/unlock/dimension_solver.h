// What the sizes of a graph must equal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tensor/dimension.h"

namespace henson::runtime {

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
  /// Likewise, as far as the archive tells it or the code runs nowhere else.
  std::optional<std::int64_t> told(const Dimension& dimension) const;
  /// The sizes of inputs that a size is computed from, each once.
  std::vector<SymbolId> inputs_of(const Dimension& dimension) const;
  /// Why sizes are taken for equal.
  enum class Equality {
    kAlways,     // the code runs only where they are
    kUnlessOne,  // or where one of them is 1, and is repeated
  };
  /// Makes two sizes equal. False when they cannot be.
  bool unify(const Dimension& a, const Dimension& b, Equality equality = Equality::kAlways);
  /// Whether a number of the code was taken for a size of the input that may as well have been 1,
  /// and nothing else tells that size.
  bool may_be_repeated(const Dimension& constant) const;
  /// The size of an elementwise operator's result; unifies sizes unless one is 1. Nothing when they
  /// do not fit.
  std::optional<Dimension> broadcast(const Dimension& a, const Dimension& b);

  struct Symbol {
    Kind kind = Kind::kInput;
    std::size_t input = 0;  // of kInput
    std::size_t dim = 0;
    std::optional<std::int64_t> traced = std::nullopt;
    bool told = false;  // `traced` is, by the archive or by what must be equal
    std::optional<Dimension> bound = std::nullopt;  // what it must equal
    bool unless_one = false;                        // or where that is 1
    std::string text = {};                          // of kDerived
    std::vector<SymbolId> made_of = {};  // of kDerived: the symbols of what it is computed from
  };
  const Symbol& symbol(SymbolId id) const { return symbols_[id]; }
  std::size_t symbol_count() const { return symbols_.size(); }
  std::string to_string(const Dimension& dimension) const;

 private:
  bool bind(SymbolId symbol, const Dimension& to, Equality equality);
  bool learn_traced(const Dimension& dimension, std::int64_t value, Equality equality);
  std::vector<Symbol> symbols_;
  std::map<std::string, SymbolId> derived_;
};

}  // namespace henson::runtime
