#include "runtime/unlock/assuming_domain.h"

#include <algorithm>
#include <string>

#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

std::string name_of(SizeFunction function) {
  switch (function) {
    case SizeFunction::kFloorDivide:
      return "floor_divide";
    case SizeFunction::kTrueDivide:
      return "divide";
    case SizeFunction::kRemainder:
      return "remainder";
    case SizeFunction::kSteps:
      return "steps";
    case SizeFunction::kMin:
      return "min";
    case SizeFunction::kMax:
      return "max";
  }
  return {};
}

}  // namespace

Dimension AssumingDomain::resolve(const Dimension& size) const { return solver().resolve(size); }

Dimension AssumingDomain::broadcast(const Dimension& a, const Dimension& b) {
  const Dimension x = resolve(a);
  const Dimension y = resolve(b);
  // A mask given with three or four dimensions has sizes of one: they are repeated, not equal.
  if (is_size_of_mask(x) && y.literal() && !y.is_one()) return y;
  if (is_size_of_mask(y) && x.literal() && !x.is_one()) return x;
  const std::optional<Dimension> both = solver().broadcast(x, y);
  if (!both) throw Mismatch{};
  return *both;
}

/// A size, not the first nor the last, of an input with three dimensions or more.
bool AssumingDomain::is_size_of_mask(const Dimension& size) const {
  const std::optional<SymbolId> id = size.symbol();
  if (!id) return false;
  const DimensionSolver::Symbol& symbol = solver().symbol(*id);
  if (symbol.kind != DimensionSolver::Kind::kInput || symbol.dim == 0) return false;
  const std::size_t rank =
      analysis_.value(analysis_.graph_.inputs[symbol.input].value).dims->size();
  return rank > 2 && symbol.dim + 1 < rank;
}

void AssumingDomain::require_equal(const Dimension& a, const Dimension& b) {
  if (!solver().unify(a, b)) throw Mismatch{};
}

/// The same at each time that the node is looked at.
Dimension AssumingDomain::unknown() {
  const std::string name = "unknown " + std::to_string(index_) + "." + std::to_string(unknowns_++);
  return solver().derived(name, Dimension::of(0), Dimension::of(0), std::nullopt);
}

std::optional<Dimension> AssumingDomain::apply(SizeFunction function, const Dimension& a,
                                               const Dimension& b) {
  const auto evaluated = [&](std::optional<std::int64_t> x, std::optional<std::int64_t> y) {
    return x && y ? evaluate(function, *x, *y) : std::nullopt;
  };
  if (a.literal() && b.literal()) {
    const auto number = evaluated(a.literal(), b.literal());
    return number ? std::optional(Dimension::of(*number)) : std::nullopt;
  }
  return solver().derived(name_of(function), a, b,
                          evaluated(solver().traced(a), solver().traced(b)));
}

bool AssumingDomain::depends_on_input(const Dimension& size) const {
  const std::vector<SymbolId> symbols = resolve(size).symbols();
  return std::any_of(symbols.begin(), symbols.end(), [&](SymbolId id) {
    return solver().symbol(id).kind != DimensionSolver::Kind::kConstant;
  });
}

Dimension AssumingDomain::size_of_number(std::int64_t number, const SizePlace& place,
                                         const std::optional<Dimension>& against) {
  if (place.purpose == SitePurpose::kSliceOfInput && against) {
    const std::optional<std::int64_t> traced = solver().traced(*against);
    if (traced && number > *traced) return *against;  // a limit of the model's own
  }
  const auto key =
      std::make_tuple(index_, place.argument, place.item.value_or(static_cast<std::size_t>(-1)));
  const auto known = analysis_.site_index_.find(key);
  if (known != analysis_.site_index_.end()) return analysis_.sites_[known->second].symbol;
  if (const auto stated = analysis_.stated_size(index_, number, place)) return *stated;
  const Dimension symbol = solver().constant(number);
  analysis_.site_index_.emplace(key, analysis_.sites_.size());
  analysis_.sites_.push_back({index_, place.argument, place.item, number, symbol, place.purpose,
                              against.value_or(Dimension()), 0});
  if (const DifferingNumber* const differs =
          analysis_.differing_at(index_, place.argument, place.item)) {
    const auto both = analysis_.size_of_both(differs->here, differs->there);
    if (both) require_equal(symbol, *both);
  }
  return symbol;
}

std::optional<Dimensions> AssumingDomain::view(const Dimensions& from,
                                               const std::vector<std::optional<Dimension>>& to) {
  return match_view(*this, from, to);
}

Dimension AssumingDomain::expand(const Dimension& size, const Dimension& to) {
  if (size.is_one()) return to;
  using Equality = DimensionSolver::Equality;
  const bool may_be_one = solver().told(size).value_or(1) == 1;
  const Equality equality = may_be_one ? Equality::kUnlessOne : Equality::kAlways;
  if (!solver().unify(to, size, equality)) throw Mismatch{};
  return resolve(size);
}

Dimension AssumingDomain::part(const Dimension& /*size*/, const Dimension& first,
                               const Dimension& last) {
  const Dimension left = last - first;
  return left.literal().value_or(0) < 0 ? Dimension::of(0) : left;
}

/// The number of this node that the symbol stands for; null when it is another node's.
SizeSite* AssumingDomain::own_site(const Dimension& symbol) {
  const auto first = analysis_.site_index_.lower_bound({index_, 0, 0});
  for (auto at = first; at != analysis_.site_index_.end() && std::get<0>(at->first) == index_;
       ++at) {
    SizeSite& site = analysis_.sites_[at->second];
    if (site.symbol == symbol) return &site;
  }
  return nullptr;
}

void AssumingDomain::set_against(const Dimension& symbol, const Dimension& against) {
  if (SizeSite* const site = own_site(symbol)) site->against = against;
}

void AssumingDomain::set_start(const Dimension& symbol, std::int64_t start) {
  if (SizeSite* const site = own_site(symbol)) site->start = start;
}

void AssumingDomain::lock(const Dimension& size, std::int64_t value, bool at_most,
                          std::string reason) {
  analysis_.locks_.push_back({size, value, at_most, index_, std::move(reason)});
}

void AssumingDomain::lock_for_good(const Dimension& size, std::int64_t value, std::string reason) {
  analysis_.kept_locks_.push_back({size, value, false, index_, std::move(reason)});
}

void AssumingDomain::lock_to_traced(const Dimension& size, std::string reason) {
  lock(size, solver().traced(size).value_or(kNoSize), false, std::move(reason));
}

bool AssumingDomain::may_stem_from(std::int64_t number, std::int64_t size) {
  const std::int64_t next = saturated_sum(size, 1);
  return (number >= saturated_sum(size, -2) && number <= next) || number == size / 2 ||
         number == next / 2;
}

}  // namespace henson::runtime
