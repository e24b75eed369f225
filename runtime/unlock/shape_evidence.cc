// What a witness tells of numbers, and what is stated of them by hand.
#include <algorithm>
#include <cmath>

#include "runtime/graph/node_traits.h"
#include "runtime/tensor/checked.h"
#include "runtime/unlock/assuming_domain.h"
#include "runtime/unlock/number_forms.h"

namespace henson::runtime {
namespace {

/// What Python code may have made of a size.
double made_of(MadeNumber::Form form, std::int64_t size) {
  const auto number = static_cast<double>(size);
  switch (form) {
    case MadeNumber::Form::kSize:
      return number;
    case MadeNumber::Form::kRoot:
      return std::sqrt(number);
    case MadeNumber::Form::kInverse:
      return 1 / number;
    case MadeNumber::Form::kInverseRoot:
      return 1 / std::sqrt(number);
    case MadeNumber::Form::kLogarithm:
      return std::log(number);
  }
  return 0;
}

}  // namespace

bool AssumedShapes::is_stated(std::size_t node) const {
  return std::any_of(evidence_.own.begin(), evidence_.own.end(),
                     [&](const std::vector<bool>& nodes) { return nodes[node]; });
}

void AssumedShapes::note_stated(std::size_t node) {
  for (std::size_t i = 0; i < evidence_.own.size(); ++i) {
    if (evidence_.own[i][node]) stated_.insert(i);
  }
}

/// A size in the witness's trace.
std::optional<std::int64_t> AssumedShapes::size_there(const Dimension& size) const {
  if (!evidence_.witness) return std::nullopt;
  Dimension current = solver_.resolve(size);
  for (const SymbolId id : current.symbols()) {
    const DimensionSolver::Symbol& symbol = solver_.symbol(id);
    if (symbol.kind != DimensionSolver::Kind::kInput) return std::nullopt;
    const auto& shape = evidence_.witness->shapes[symbol.input];
    if (!shape || symbol.dim >= shape->size()) return std::nullopt;
    const auto next = current.substitute(id, Dimension::of((*shape)[symbol.dim]));
    if (!next) return std::nullopt;
    current = *next;
  }
  return current.literal();
}

/// Whether the witness's trace had another size there, so that a number which agrees was not made
/// of it. Of lengths that are next to each other the halves agree.
bool AssumedShapes::tells_apart(const Dimension& size) const {
  const std::optional<std::int64_t> here = solver_.told(size);
  const std::optional<std::int64_t> there = size_there(size);
  if (!here || !there) return false;
  const std::int64_t more = saturated_difference(*here, *there);
  return is_batch(size) ? more != 0 : more < -1 || more > 1;
}

/// Whether something from outside says that a node's numbers have nothing to do with that size.
bool AssumedShapes::is_settled(std::size_t node, const Dimension& size) const {
  if (is_stated(node)) return true;
  if (!evidence_.witness || !evidence_.witness->same[node]) return false;
  const bool last = node + 1 == graph_.nodes.size();  // outputs are told of it too
  return (!last || evidence_.witness->same_outputs) && tells_apart(size);
}

const DifferingNumber* AssumedShapes::differing_at(std::size_t node, std::size_t argument,
                                                   std::optional<std::size_t> item) const {
  if (!evidence_.witness) return nullptr;
  if (const auto* const found = evidence_.witness->at(node, argument, item)) return found;
  const std::optional<std::size_t> maker =
      item ? producers_.place_of(graph_.nodes[node].inputs[argument]) : std::nullopt;
  return maker ? evidence_.witness->at(*maker, *item, std::nullopt) : nullptr;
}

/// A size that the code holds as a number and that is known to be the model's own.
std::optional<Dimension> AssumedShapes::stated_size(std::size_t node, std::int64_t number,
                                                    const SizePlace& place) {
  if (is_stated(node)) {
    note_stated(node);
    return Dimension::of(number);
  }
  if (!evidence_.witness || differing_at(node, place.argument, place.item) != nullptr) {
    return std::nullopt;
  }
  const std::vector<SymbolId> free = free_inputs();
  const bool all = std::all_of(free.begin(), free.end(),
                               [&](SymbolId id) { return tells_apart(Dimension::of_symbol(id)); });
  return all ? std::optional(Dimension::of(number)) : std::nullopt;
}

/// The one size, or product of two, that has these values in both traces.
std::optional<Dimension> AssumedShapes::size_of_both(double here, double there) const {
  std::vector<Dimension> sizes;
  for (const SymbolId id : free_inputs()) sizes.push_back(Dimension::of_symbol(id));
  const std::size_t single = sizes.size();
  for (std::size_t i = 0; i < single; ++i) {
    for (std::size_t j = 0; j < i; ++j) sizes.push_back(sizes[i] * sizes[j]);
  }
  std::optional<Dimension> found;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i == single && found) break;
    const auto a = solver_.traced(sizes[i]);
    const auto b = size_there(sizes[i]);
    if (!a || !b || static_cast<double>(*a) != here || static_cast<double>(*b) != there) continue;
    if (found) return std::nullopt;
    found = sizes[i];
  }
  return found;
}

/// A number that elements meet, or a place, as a size makes it in both traces.
std::optional<MadeNumber> AssumedShapes::made_number(const DifferingNumber& number) const {
  const Node& node = graph_.nodes[number.node];
  if (!is_operator(node) || number.item) return std::nullopt;
  const NumberUse use = node.op->rule.numbers;
  const bool meets = use == NumberUse::kScales || use == NumberUse::kAdds ||
                     use == NumberUse::kBounds || use == NumberUse::kMeasures;
  const bool place = has_sizes_of(node, shapes::selected) && number.argument == 2;
  if (!meets && !place) return std::nullopt;
  using Form = MadeNumber::Form;
  for (const Form form :
       {Form::kSize, Form::kRoot, Form::kInverse, Form::kInverseRoot, Form::kLogarithm}) {
    if (number.whole && form != Form::kSize) break;
    for (const SymbolId id : free_inputs()) {
      for (const std::int64_t more : {0, -1, 1}) {
        const Dimension size = Dimension::of_symbol(id) + Dimension::of(more);
        const auto here = solver_.told(size);
        const auto there = size_there(size);
        if (!here || !there || *here < 1 || *there < 1 || *here == *there) continue;
        const bool fits = same_number(number.here, made_of(form, *here)) &&
                          same_number(number.there, made_of(form, *there));
        if (fits) return MadeNumber{number.node, number.argument, size, form};
      }
    }
  }
  return std::nullopt;
}

void AssumedShapes::settle_differing() {
  if (!evidence_.witness) return;
  for (const DifferingNumber& number : evidence_.witness->differing) settle_differing(number);
}

void AssumedShapes::settle_differing(const DifferingNumber& number) {
  // A size that was found to be the input's own is so in both traces.
  const auto is_here = [&](const SizeSite& site) {
    return differing_at(site.node, site.argument, site.item) == &number;
  };
  const auto site = std::find_if(sites_.begin(), sites_.end(), is_here);
  if (site != sites_.end() && size_there(site->symbol) == static_cast<std::int64_t>(number.there)) {
    return;
  }
  if (site == sites_.end()) {
    if (const std::optional<MadeNumber> made = made_number(number)) {
      std::erase_if(locks_, [&](const ShapeLock& lock) {
        return lock.node == number.node && !lock.must && !lock.limit;
      });
      made_.push_back(*made);
      return;
    }
  }
  const std::string reason =
      "a number that the witness has another for stands here, made of the "
      "dummy input's size in a way that cannot be told";
  for (const SymbolId id : free_inputs()) {
    const Dimension size = Dimension::of_symbol(id);
    const auto here = solver_.traced(size);
    const auto there = size_there(size);
    if (here && there && *here == *there) continue;
    locks_.push_back({.size = size,
                      .value = here.value_or(kNoSize),
                      .node = number.node,
                      .reason = reason,
                      .must = true});
  }
}

void AssumedShapes::drop_settled_locks() {
  std::erase_if(locks_, [&](const ShapeLock& lock) {
    if (lock.must || lock.limit || !is_settled(lock.node, lock.size)) return false;
    note_stated(lock.node);
    return true;
  });
}

}  // namespace henson::runtime
