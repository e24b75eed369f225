#include "runtime/analysis/size_formula.h"

#include <algorithm>
#include <cstdlib>

namespace henson::runtime {
namespace {

// Symbols of a formula and of the formulas within it; what has more is not told.
constexpr std::size_t kMostSymbols = 32;
constexpr const char* kUnknown = "?";

std::string call(const std::string& function, const std::string& a, const std::string& b) {
  return function + '(' + a + ", " + b + ')';
}

std::string name_of(SizeFunction function) {
  switch (function) {
    case SizeFunction::kFloorDivide:
      return "floordiv";
    case SizeFunction::kTrueDivide:
      return "div";
    case SizeFunction::kSteps:
      return "ceildiv";
    case SizeFunction::kRemainder:
      return "mod";
    case SizeFunction::kMin:
      return "min";
    case SizeFunction::kMax:
      break;
  }
  return "max";
}

}  // namespace

SizeFormula SizeFormula::of(const ProvingDomain& domain, const Dimension& size) {
  std::size_t budget = kMostSymbols;
  return SizeFormula(domain, size, budget);
}

SizeFormula::SizeFormula(const ProvingDomain& domain, const Dimension& size, std::size_t& budget)
    : size_(domain.resolve(size)) {
  for (const SymbolId id : size_.symbols()) {
    if (budget == 0) return;
    --budget;
    const ProvingDomain::Symbol& symbol = domain.symbol_of(id);
    Atom atom{id, symbol.input, {}, {}};
    if (symbol.computed) {
      atom.function = symbol.computed->function;
      atom.of.push_back(SizeFormula(domain, symbol.computed->a, budget));
      atom.of.push_back(SizeFormula(domain, symbol.computed->b, budget));
    }
    for (const Dimension& part : symbol.of) atom.of.push_back(SizeFormula(domain, part, budget));
    if (atom.input || !atom.of.empty()) atoms_.push_back(std::move(atom));
  }
}

const SizeFormula::Atom* SizeFormula::atom_of(SymbolId symbol) const {
  const auto found = std::find_if(atoms_.begin(), atoms_.end(),
                                  [&](const Atom& atom) { return atom.symbol == symbol; });
  return found == atoms_.end() ? nullptr : &*found;
}

bool SizeFormula::is_known() const {
  const std::vector<SymbolId> symbols = size_.symbols();
  return !size_.is_unknown() && std::all_of(symbols.begin(), symbols.end(), [&](SymbolId id) {
    const Atom* const atom = atom_of(id);
    return atom != nullptr && std::all_of(atom->of.begin(), atom->of.end(),
                                          [](const SizeFormula& part) { return part.is_known(); });
  });
}

std::optional<std::int64_t> SizeFormula::at(Shapes shapes) const {
  std::optional<Dimension> size = size_;
  for (const SymbolId id : size_.symbols()) {
    const Atom* const atom = atom_of(id);
    const auto value = atom == nullptr ? std::nullopt : atom->at(shapes);
    size = value ? size->substitute(id, Dimension::of(*value)) : std::nullopt;
    if (!size) return std::nullopt;
  }
  return size->literal();
}

std::optional<std::int64_t> SizeFormula::Atom::at(Shapes shapes) const {
  if (input) {
    if (input->input >= shapes.size() || input->dim >= shapes[input->input].size()) return {};
    return shapes[input->input][input->dim];
  }
  if (function) {
    const std::optional<std::int64_t> a = of[0].at(shapes);
    const std::optional<std::int64_t> b = of[1].at(shapes);
    return a && b ? evaluate(*function, *a, *b) : std::nullopt;
  }
  std::int64_t size = 1;
  bool all_known = true;
  for (const SizeFormula& formula : of) {
    const std::optional<std::int64_t> value = formula.at(shapes);
    all_known = all_known && value;
    if (!value || value == 1) continue;
    if (size != 1 && value != size) return std::nullopt;
    size = *value;
  }
  return size != 1 || all_known ? std::optional(size) : std::nullopt;
}

/// Formulas over names in the place of symbols: sizes of one name are one size.
class SizeFormula::Text {
 public:
  explicit Text(const Names& names) : names_(names) {}

  Dimension of(const SizeFormula& formula) {
    Dimension size = formula.size_;
    for (const SymbolId id : formula.size_.symbols()) {
      const Dimension atom = of(*formula.atom_of(id));
      const std::optional<Dimension> next = size.substitute(id, atom);
      // What cannot be divided by stands as it is.
      size = next ? *next : *size.substitute(id, named('(' + to_string(atom) + ')'));
    }
    return size;
  }

  std::string to_string(const Dimension& size) const {
    if (const auto number = size.literal()) return std::to_string(*number);
    std::string text;
    // Numbers last: "length + 1".
    for (auto term = size.terms().rbegin(); term != size.terms().rend(); ++term) {
      const bool negative = term->second.numerator < 0;
      if (!text.empty()) text += negative ? " - " : " + ";
      if (text.empty() && negative) text += "-";
      text += to_string(term->first, term->second);
    }
    return text.empty() ? kUnknown : text;
  }

 private:
  static constexpr SymbolId kFirst = SymbolId{1} << 31;  // no symbol of an analysis

  Dimension named(const std::string& text) {
    auto found = std::find(texts_.begin(), texts_.end(), text);
    if (found == texts_.end()) found = texts_.insert(texts_.end(), text);
    return Dimension::of_symbol(kFirst + static_cast<SymbolId>(found - texts_.begin()));
  }

  Dimension of(const Atom& atom) {
    if (atom.input) return named(names_(*atom.input));
    std::vector<Dimension> parts;
    for (const SizeFormula& formula : atom.of) parts.push_back(of(formula));
    return atom.function ? of(*atom.function, parts[0], parts[1]) : broadcast(parts);
  }

  Dimension of(SizeFunction function, const Dimension& a, const Dimension& b) {
    const bool extreme = function == SizeFunction::kMin || function == SizeFunction::kMax;
    if (extreme && a == b) return a;
    const auto x = a.literal();
    const auto y = b.literal();
    const auto value = x && y ? evaluate(function, *x, *y) : std::nullopt;
    if (value) return Dimension::of(*value);
    return named(call(name_of(function), to_string(a), to_string(b)));
  }

  Dimension broadcast(const std::vector<Dimension>& parts) {
    Dimension all = Dimension::of(1);
    for (const Dimension& part : parts) {
      if (part.is_one() || part == all || all.literal() > 1) continue;
      const bool first = all.is_one() || part.literal();
      all = first ? part : named(call("broadcast", to_string(all), to_string(part)));
    }
    return all;
  }

  std::string to_string(const Dimension::Product& product,
                        const Dimension::Fraction& factor) const {
    std::string above = std::to_string(std::abs(factor.numerator));
    std::string below;
    if (above == "1" && !product.empty()) above.clear();
    for (const auto& [id, exponent] : product) {
      const std::string& text = texts_[id - kFirst];
      for (int i = 0; i < exponent; ++i) above += (above.empty() ? "" : " * ") + text;
      for (int i = 0; i > exponent; --i) below += " / " + text;
    }
    if (above.empty()) above = "1";
    if (factor.denominator != 1) below += " / " + std::to_string(factor.denominator);
    return above + below;
  }

  const Names& names_;
  std::vector<std::string> texts_;
};

std::string SizeFormula::to_string(const Names& names) const {
  if (!is_known()) return kUnknown;
  Text text(names);
  return text.to_string(text.of(*this));
}

}  // namespace henson::runtime
