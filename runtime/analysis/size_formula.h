// A size as it follows from those of the inputs: what is left of the analysis when all of it that
// tells the size is put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/analysis/proving_domain.h"

namespace henson::runtime {

class SizeFormula {
 public:
  using InputSize = ProvingDomain::InputSize;
  using Shapes = std::span<const std::vector<std::int64_t>>;  // of the inputs, in order
  using Names = std::function<std::string(const InputSize&)>;

  static SizeFormula of(const ProvingDomain& domain, const Dimension& size);

  /// Whether what it follows from is known, all of it.
  bool is_known() const;
  /// The same in every run.
  std::optional<std::int64_t> literal() const { return size_.literal(); }
  /// Nothing where it is not known, or where the computation refuses such inputs.
  std::optional<std::int64_t> at(Shapes shapes) const;
  /// "2 * length + 1"; "?" where nothing is known. Sizes of one name are taken for equal.
  std::string to_string(const Names& names) const;

 private:
  struct Atom;
  class Text;
  SizeFormula(const ProvingDomain& domain, const Dimension& size, std::size_t& budget);
  const Atom* atom_of(SymbolId symbol) const;

  Dimension size_;
  std::vector<Atom> atoms_;  // the symbols of size_ of which anything is known
};

/// A symbol: an input's size, or what is computed of formulas.
struct SizeFormula::Atom {
  SymbolId symbol = 0;
  std::optional<InputSize> input;
  std::optional<SizeFunction> function;  // of two formulas; else all are broadcast
  std::vector<SizeFormula> of;

  std::optional<std::int64_t> at(Shapes shapes) const;
};

}  // namespace henson::runtime
