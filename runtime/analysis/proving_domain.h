// Sizes that hold at every run: nothing is assumed. A number of the code is that number, and two
// sizes that an operator broadcasts may differ.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/operators/inference.h"

namespace henson::runtime {

/// Formulas over symbols: the sizes of inputs, and of what no rule tells more about. Equal formulas
/// are equal sizes in every run that the operators accept.
class ProvingDomain : public ShapeDomain {
 public:
  /// A size of an input.
  struct InputSize {
    std::size_t input = 0;
    std::size_t dim = 0;
  };
  Dimension input(InputSize size);
  std::optional<InputSize> input_of(const Dimension& size) const;

  Dimension resolve(const Dimension& size) const override;
  Dimension broadcast(const Dimension& a, const Dimension& b) override;
  void require_equal(const Dimension& a, const Dimension& b) override;
  Dimension unknown() override { return symbol(Symbol()); }
  std::optional<Dimension> apply(SizeFunction function, const Dimension& a,
                                 const Dimension& b) override;
  bool is_fixed(const Dimension& size) const override { return size.literal().has_value(); }
  Dimension size_of_number(std::int64_t number, const SizePlace& place,
                           const std::optional<Dimension>& against) override;
  std::optional<Dimensions> view(const Dimensions& from,
                                 const std::vector<std::optional<Dimension>>& to) override;
  Dimension expand(const Dimension& size, const Dimension& to) override;
  Dimension part(const Dimension& size, const Dimension& first, const Dimension& last) override;

  struct Computed {
    SizeFunction function = SizeFunction::kMin;
    Dimension a;
    Dimension b;
  };
  /// What a symbol is more than a name.
  struct Symbol {
    std::optional<Dimension> bound = std::nullopt;    // what it must equal
    Dimensions of = {};                               // of a broadcast size: the sizes that went in
    std::optional<Dimension> at_most = std::nullopt;  // of a part of something
    std::optional<InputSize> input = std::nullopt;
    std::optional<Computed> computed = std::nullopt;  // by what a run's sizes tell it
  };
  const Symbol& symbol_of(SymbolId id) const { return symbols_[id]; }

 private:
  Dimension symbol(Symbol symbol);
  bool is_size(const Dimension& size) const;
  Dimension computed(SizeFunction function, const Dimension& a, const Dimension& b);
  Dimensions parts(const Dimension& size) const;
  bool is_part(SymbolId part, SymbolId whole) const;
  bool bind_parts(const Dimension& ratio);
  void bind_factor(const Dimension& ratio);

  using Terms = std::map<Dimension::Product, Dimension::Fraction>;
  std::vector<Symbol> symbols_;
  std::map<std::pair<SizeFunction, std::pair<Terms, Terms>>, Dimension> applied_;
};

/// Whether `size` is a whole multiple of `by`, and how many times.
std::optional<Dimension> whole_quotient(const Dimension& size, const Dimension& by);

}  // namespace henson::runtime
