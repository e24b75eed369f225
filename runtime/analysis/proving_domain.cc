#include "runtime/analysis/proving_domain.h"

#include <algorithm>

namespace henson::runtime {
namespace {

Dimension product_of(const Dimensions& sizes) {
  Dimension product = Dimension::of(1);
  for (const Dimension& size : sizes) product = product * size;
  return product;
}

}  // namespace

std::optional<Dimension> whole_quotient(const Dimension& size, const Dimension& by) {
  if (size == by) return Dimension::of(1);
  const std::optional<Dimension> quotient = size.divided_by(by);
  if (!quotient || !quotient->coefficient()) return std::nullopt;
  for (const auto& [product, factor] : quotient->terms()) {
    for (const auto& [symbol, exponent] : product) {
      if (exponent < 0) return std::nullopt;
    }
  }
  return quotient;
}

Dimension ProvingDomain::input(InputSize size) { return symbol({.input = size}); }

std::optional<ProvingDomain::InputSize> ProvingDomain::input_of(const Dimension& size) const {
  const std::optional<SymbolId> id = size.symbol();
  return id ? symbols_[*id].input : std::nullopt;
}

std::optional<Dimension> ProvingDomain::apply(SizeFunction function, const Dimension& a,
                                              const Dimension& b) {
  if (function == SizeFunction::kTrueDivide) return std::nullopt;  // no whole number
  const auto x = a.literal();
  const auto y = b.literal();
  if (x && y) {
    const auto value = evaluate(function, *x, *y);
    return value ? std::optional(Dimension::of(*value)) : std::nullopt;
  }
  const bool extreme = function == SizeFunction::kMin || function == SizeFunction::kMax;
  if (extreme && a == b) return a;
  if (!extreme) {
    if (const auto whole = whole_quotient(a, b)) {
      return function == SizeFunction::kRemainder ? Dimension::of(0) : *whole;
    }
  }
  const auto [known, fresh] =
      applied_.try_emplace({function, {a.terms(), b.terms()}}, Dimension::of(0));
  if (fresh) known->second = symbol({.computed = Computed{function, a, b}});
  return known->second;
}

Dimension ProvingDomain::size_of_number(std::int64_t number, const SizePlace& /*place*/,
                                        const std::optional<Dimension>& /*against*/) {
  return Dimension::of(number);
}

std::optional<Dimensions> ProvingDomain::view(const Dimensions& from,
                                              const std::vector<std::optional<Dimension>>& to) {
  const auto open = std::count(to.begin(), to.end(), std::nullopt);
  if (open > 1) throw Mismatch{};
  Dimensions sizes;
  for (const auto& size : to) sizes.push_back(size.value_or(Dimension::of(1)));
  if (open == 0) {
    require_equal(product_of(from), product_of(sizes));
    return sizes;
  }
  const Dimension asked = product_of(sizes);
  const std::optional<Dimension> rest =
      asked.literal() == 0 ? std::nullopt : product_of(from).divided_by(asked);
  if (!rest) return std::nullopt;
  sizes[static_cast<std::size_t>(std::find(to.begin(), to.end(), std::nullopt) - to.begin())] =
      *rest;
  return sizes;
}

Dimension ProvingDomain::expand(const Dimension& size, const Dimension& to) {
  const auto own = size.literal();
  const auto wanted = to.literal();
  if (own && wanted && *own != 1 && *own != *wanted) throw Mismatch{};
  return to;
}

Dimension ProvingDomain::part(const Dimension& size, const Dimension& first,
                              const Dimension& last) {
  const auto whole = size.literal();
  const auto from = first.literal();
  const auto to = last.literal();
  if (from == 0 && last == size) return size;
  if (whole && from && to) {
    const auto bound = [&](std::int64_t at) { return std::clamp<std::int64_t>(at, 0, *whole); };
    return Dimension::of(std::max<std::int64_t>(bound(*to) - bound(*from), 0));
  }
  const Dimension start = from >= 0 ? first : computed(SizeFunction::kMax, first, Dimension::of(0));
  const Dimension end = last == size ? size : computed(SizeFunction::kMin, size, last);
  const Computed left = from == 0 && is_size(last)
                            ? Computed{SizeFunction::kMin, size, last}
                            : Computed{SizeFunction::kMax, end - start, Dimension::of(0)};
  if (from == 0 && whole && !to) return symbol({.at_most = last, .computed = left});
  return symbol({.computed = left});
}

/// Whether it is plainly no less than 0.
bool ProvingDomain::is_size(const Dimension& size) const {
  const std::vector<SymbolId> symbols = size.symbols();
  const auto is_input = [&](SymbolId id) { return symbols_[id].input.has_value(); };
  return std::all_of(symbols.begin(), symbols.end(), is_input) &&
         std::all_of(size.terms().begin(), size.terms().end(),
                     [](const auto& term) { return term.second.numerator >= 0; });
}

/// Unlike apply() a symbol of its own: nothing is said of what equals it.
Dimension ProvingDomain::computed(SizeFunction function, const Dimension& a, const Dimension& b) {
  return symbol({.computed = Computed{function, a, b}});
}

Dimension ProvingDomain::symbol(Symbol symbol) {
  symbols_.push_back(std::move(symbol));
  return Dimension::of_symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Dimension ProvingDomain::resolve(const Dimension& size) const {
  return substitute_bound(
      size, [&](SymbolId id) -> const auto& { return symbols_[id].bound; });
}

Dimensions ProvingDomain::parts(const Dimension& size) const {
  const std::optional<SymbolId> id = size.symbol();
  if (!id || symbols_[*id].of.empty()) return {size};
  return symbols_[*id].of;
}

Dimension ProvingDomain::broadcast(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || y.is_one()) return x;
  if (x.is_one()) return y;
  if (x.literal()) return x;  // the other one is that, or 1
  if (y.literal()) return y;
  Dimensions all = parts(x);
  for (const Dimension& part : parts(y)) {
    if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
  }
  // min(n, L) beside L is L, or 1, or does not fit.
  std::erase_if(all, [&](const Dimension& part) {
    const std::optional<SymbolId> id = part.symbol();
    return id && symbols_[*id].at_most &&
           std::find(all.begin(), all.end(), *symbols_[*id].at_most) != all.end();
  });
  if (all.size() == 1) return all.front();
  for (SymbolId id = 0; id < symbols_.size(); ++id) {
    if (std::is_permutation(all.begin(), all.end(), symbols_[id].of.begin(),
                            symbols_[id].of.end())) {
      return resolve(Dimension::of_symbol(id));
    }
  }
  return symbol({.of = std::move(all)});
}

void ProvingDomain::require_equal(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  if (x == y || !x.is_monomial() || !y.is_monomial()) return;
  const Dimension ratio = *x.divided_by(y);
  if (!bind_parts(ratio) && !bind_parts(*y.divided_by(x))) bind_factor(ratio);
}

/// Whether all that went into the one size went into the other, broadcast one.
bool ProvingDomain::is_part(SymbolId part, SymbolId whole) const {
  const Dimensions& all = symbols_[whole].of;
  const Dimensions own = parts(Dimension::of_symbol(part));
  return std::all_of(own.begin(), own.end(), [&](const Dimension& size) {
    return std::find(all.begin(), all.end(), size) != all.end();
  });
}

/// The ratio is 1. A broadcast size is no less than what went in: where the product of several is
/// that of their parts, each is its part.
bool ProvingDomain::bind_parts(const Dimension& ratio) {
  std::vector<std::pair<SymbolId, Dimension>> found;
  Dimension rest = ratio;
  for (const SymbolId id : ratio.symbols()) {
    for (const SymbolId other : ratio.symbols()) {
      if (id == other || !is_part(other, id)) continue;
      const Dimension part = Dimension::of_symbol(other);
      const auto next = (rest * part).divided_by(Dimension::of_symbol(id));
      if (next->symbols().size() + 2 != rest.symbols().size()) continue;
      found.emplace_back(id, part);
      rest = *next;
      break;
    }
  }
  if (found.empty() || !rest.is_one()) return false;
  for (const auto& [id, part] : found) symbols_[id].bound = part;
  return true;
}

/// The ratio is 1: a symbol that is no input's size is what makes it so.
void ProvingDomain::bind_factor(const Dimension& ratio) {
  for (const SymbolId id : ratio.symbols()) {
    if (symbols_[id].input) continue;
    const Dimension self = Dimension::of_symbol(id);
    for (const bool above : {true, false}) {
      const std::optional<Dimension> rest =
          above ? ratio.divided_by(self) : std::optional(ratio * self);
      const std::vector<SymbolId> others = rest->symbols();
      if (std::find(others.begin(), others.end(), id) != others.end()) continue;
      symbols_[id].bound = above ? *Dimension::of(1).divided_by(*rest) : *rest;
      return;
    }
  }
}

}  // namespace henson::runtime
