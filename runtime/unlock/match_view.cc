// Views matched by their factors: view(x, [1, 7, 4, 16]) of a tensor [B, L, 64] is [B, L, 4, 16].
#include <algorithm>

#include "runtime/tensor/checked.h"
#include "runtime/unlock/assuming_domain.h"

namespace henson::runtime {
namespace {

/// A size that the code holds as a number and that nothing is known of yet.
std::optional<std::int64_t> held_number(AssumingDomain& domain, const Dimension& dimension) {
  const std::optional<SymbolId> id = dimension.symbol();
  if (!id || domain.solver().symbol(*id).kind != DimensionSolver::Kind::kConstant)
    return std::nullopt;
  return domain.solver().symbol(*id).traced;
}

/// The sizes of one side, taken one after the other from one end.
class Factors {
 public:
  explicit Factors(Dimensions sizes) : sizes_(std::move(sizes)) {}
  bool exhausted() const { return remainder_.is_one() && next_ == sizes_.size(); }
  std::size_t left() const { return sizes_.size() - next_ + (remainder_.is_one() ? 0 : 1); }
  const Dimension& remainder() const { return remainder_; }
  bool take() {
    if (next_ == sizes_.size()) return false;
    remainder_ = remainder_ * sizes_[next_++];
    return true;
  }
  bool divide(const Dimension& by) {
    const std::optional<Dimension> quotient = remainder_.divided_by(by);
    if (!quotient) return false;
    remainder_ = *quotient;
    return true;
  }
  Dimension rest() {
    while (take()) {
    }
    Dimension all = remainder_;
    remainder_ = Dimension::of(1);
    return all;
  }

 private:
  Dimensions sizes_;
  std::size_t next_ = 0;
  Dimension remainder_ = Dimension::of(1);
};

/// Whether `dimension` is a whole number of `by`s: no symbol below the line, and no fraction.
bool divides(const Dimension& dimension, const Dimension& by) {
  const std::optional<Dimension> quotient = dimension.divided_by(by);
  if (!quotient || !quotient->coefficient()) return false;
  for (const auto& [product, factor] : quotient->terms()) {
    for (const auto& [symbol, exponent] : product) {
      if (exponent < 0) return false;
    }
  }
  return true;
}

class ViewMatcher {
 public:
  ViewMatcher(AssumingDomain& domain, Dimensions from, std::vector<std::optional<Dimension>> to)
      : domain_(domain), from_(std::move(from)), to_(std::move(to)) {}

  Dimensions match() {
    const auto wild = std::find(to_.begin(), to_.end(), std::nullopt);
    if (wild == to_.end()) {
      Factors factors(without_ones(true));
      for (std::size_t j = to_.size(); j-- > 0 && !open_;) match_one(factors, j, j, false);
      if (open_) hold_product();
      if (open_) pair(0, to_.size());
      if (!open_ && !factors.exhausted() && factors.rest().literal() != 1) check_rest();
    } else {
      const auto at = static_cast<std::size_t>(wild - to_.begin());
      // PyTorch refuses a second -1, and so does the run: nothing is known of the result here.
      if (std::find(wild + 1, to_.end(), std::nullopt) != to_.end()) throw Mismatch{};
      Factors from_right(without_ones(true));
      for (std::size_t j = to_.size(); j-- > at + 1;) match_one(from_right, j, to_.size(), true);
      Factors from_left(without_ones(false));
      before_wild_ = true;
      for (std::size_t j = 0; j < at; ++j) match_one(from_left, j, to_.size(), true);
      to_[at] = wild_size(at);
      if (open_) pair(at, at + 1);
    }
    Dimensions result;
    for (const auto& size : to_) result.push_back(domain_.solver().resolve(*size));
    return result;
  }

 private:
  /// In the order of taking: from the right, or from the left.
  Dimensions without_ones(bool reversed) const {
    Dimensions sizes;
    for (const Dimension& size : from_) {
      if (!size.is_one()) sizes.push_back(size);
    }
    if (reversed) std::reverse(sizes.begin(), sizes.end());
    return sizes;
  }

  Dimension wild_size(std::size_t at) {
    Dimension total = Dimension::of(1);
    for (const Dimension& size : from_) total = total * size;
    for (std::size_t j = 0; j < to_.size(); ++j) {
      if (j == at) continue;
      const Dimension size = domain_.solver().resolve(*to_[j]);
      const std::optional<Dimension> quotient = total.divided_by(size);
      if (!quotient) return domain_.solver().derived("rest", total, size, std::nullopt);
      total = *quotient;
    }
    return total;
  }

  void check_rest() {
    for (const Dimension& size : from_) {
      if (domain_.depends_on_input(size)) return;  // one of the input's sizes was 1
    }
    throw Mismatch{};
  }

  /// Finds what target j is. `remaining` targets, this one included, are left to this side.
  void match_one(Factors& factors, std::size_t j, std::size_t remaining_after, bool wild) {
    current_ = j;
    const Dimension target = domain_.solver().resolve(*to_[j]);
    const std::optional<std::int64_t> number = held_number(domain_, target);
    if (!number) {
      take_known(factors, target);
      return;
    }
    take_number(factors, target, *number, remaining_after, wild);
  }

  void take_known(Factors& factors, const Dimension& target) {
    if (target.is_one()) return;
    while (!divides(factors.remainder(), target)) {
      if (!factors.take()) return;
    }
    factors.divide(target);
  }

  void bind(Factors& factors, const Dimension& target, const Dimension& to) {
    domain_.require_equal(target, to);
    factors.divide(to);
  }

  void keep_number(Factors& factors, const Dimension& target, std::int64_t number) {
    domain_.require_equal(target, Dimension::of(number));
    if (number != 1) factors.divide(Dimension::of(number));
  }

  void take_number(Factors& factors, const Dimension& target, std::int64_t number,
                   std::size_t targets_after, bool wild) {
    const bool last = !wild && targets_after == 0;
    if (last) {
      const Dimension rest = factors.rest();
      check_flattened(rest);
      domain_.require_equal(target, rest);
      return;
    }
    for (;;) {
      if (factors.remainder().is_one() && !factors.take()) {
        if (number == 1) keep_number(factors, target, 1);
        return;
      }
      const Dimension have = factors.remainder();
      const std::int64_t coefficient = have.coefficient().value_or(1);
      if (number > 1 && coefficient % number == 0) {
        keep_number(factors, target, number);
        return;
      }
      if (have.literal()) {
        if (number == 1) {
          keep_number(factors, target, 1);
          return;
        }
        if (!factors.take()) return;
        continue;
      }
      if (take_symbolic(factors, target, number, targets_after, wild)) return;
      if (!factors.take()) return;
    }
  }

  /// The remainder holds sizes of the input. True when the target is settled (or left open).
  bool take_symbolic(Factors& factors, const Dimension& target, std::int64_t number,
                     std::size_t targets_after, bool wild) {
    const Dimension have = factors.remainder();
    const std::optional<std::int64_t> traced = domain_.solver().traced(have);
    if (targets_after > 0 && !wild && bind_last_size(factors, target, number)) return true;
    if (traced) {
      // Of several ones the first is the batch.
      if (number == 1 && !wild && targets_after >= factors.left()) {
        keep_number(factors, target, 1);
        return true;
      }
      if (number == 1 && before_wild_ && take_batch_of_one(factors, target)) return true;
      if (*traced == number && !(wild && number == 1)) {
        bind(factors, target, have);
        return true;
      }
      if (number == 1) {
        // Beside -1 a batch of one cannot be told from a number that is meant.
        if (wild && *traced == 1 && from_.size() > 1)
          leave_open(target, have);
        else
          keep_number(factors, target, 1);
        return true;
      }
      if (number > 0 && *traced % number == 0) {
        leave_open(target, have);
        return true;
      }
      return false;  // covers the next size too
    }
    if (wild) {
      // A one after the open size is the model's, one before it may be a batch of one.
      if (number == 1 && !before_wild_) {
        keep_number(factors, target, 1);
      } else {
        leave_open(target, have);
      }
      return true;
    }
    // k times a size that nothing is known of: the number is k times what it was.
    const std::int64_t times = have.coefficient().value_or(1);
    if (times > 1 && have.symbols().size() == 1 && number % times == 0 &&
        targets_after + 1 >= factors.left()) {
      bind(factors, target, have);
      return true;
    }
    const std::size_t targets = targets_after + 1;
    if (number == 1 && targets > factors.left()) {
      keep_number(factors, target, 1);
      return true;
    }
    if (targets < factors.left()) return false;
    if (have.symbol()) {
      bind(factors, target, have);
      return true;
    }
    leave_open(target, have);
    return true;
  }

  /// Sizes joined to one: a batch of one that does not come first may belong to the next size.
  void check_flattened(const Dimension& rest) {
    if (rest.symbols().size() < 2) return;
    const auto symbolic = std::find_if(from_.begin(), from_.end(), [&](const Dimension& size) {
      return domain_.depends_on_input(size);
    });
    if (symbolic == from_.end() || domain_.is_batch(*symbolic) || symbolic->symbols().size() > 1) {
      return;
    }
    for (const SymbolId id : rest.symbols()) {
      const Dimension size = Dimension::of_symbol(id);
      if (!domain_.is_batch(size) || domain_.solver().traced(size).value_or(1) != 1) continue;
      domain_.lock_for_good(size, 1, "a view joins sizes, of a batch of one perhaps");
    }
  }

  /// A one before -1 that may be the first size of a product: it is, where the next number is the
  /// rest of it.
  bool take_batch_of_one(Factors& factors, const Dimension& target) {
    const std::vector<SymbolId> symbols = factors.remainder().symbols();
    const Dimension first = symbols.empty() ? Dimension::of(1) : Dimension::of_symbol(symbols[0]);
    if (symbols.size() < 2 || domain_.solver().traced(first) != 1) return false;
    const std::optional<Dimension> rest = factors.remainder().divided_by(first);
    const auto& next = to_[current_ + 1];
    const auto number = next ? held_number(domain_, domain_.solver().resolve(*next)) : std::nullopt;
    if (rest && number && domain_.solver().traced(*rest) == number) {
      bind(factors, target, first);
    } else {
      leave_open(target, first);
    }
    return true;
  }

  /// Of a product of sizes the last one, when the number is what it was: [B·L] seen as [1, 7] is
  /// [B, L].
  bool bind_last_size(Factors& factors, const Dimension& target, std::int64_t number) {
    const std::vector<SymbolId> symbols = factors.remainder().symbols();
    if (symbols.size() < 2) return false;
    const Dimension last = Dimension::of_symbol(symbols.back());
    if (domain_.solver().traced(last) != number || !divides(factors.remainder(), last))
      return false;
    bind(factors, target, last);
    return true;
  }

  /// Nothing tells which number is which size: the view fits where their product is what it was.
  void hold_product() {
    Dimension total = Dimension::of(1);
    for (const Dimension& size : from_) total = total * size;
    std::int64_t product = 1;
    for (const auto& size : to_) {
      const std::optional<std::int64_t> value = domain_.solver().traced(*size);
      const auto next = value ? try_multiply(product, *value) : std::nullopt;
      if (!next) return;
      product = *next;
    }
    domain_.lock(total, product, false,
                 "a view has sizes that cannot be told from the dummy input's");
  }

  /// Of numbers that stand beside each other each may be a size, in order: those before `left` the
  /// first ones of the product, those from `right` on the last.
  void pair(std::size_t left, std::size_t right) {
    std::vector<SymbolId> symbols;
    for (const Dimension& size : from_) {
      for (const SymbolId id : size.symbols()) {
        if (domain_.solver().symbol(id).kind != DimensionSolver::Kind::kInput) return;
        symbols.push_back(id);
      }
    }
    std::vector<std::size_t> before, after;
    for (std::size_t j = 0; j < to_.size(); ++j) {
      if (to_[j] && held_number(domain_, domain_.solver().resolve(*to_[j])) &&
          !is_of_one_size(*to_[j])) {
        if (j < left) before.push_back(j);
        if (j >= right || left == 0) after.push_back(j);
      }
    }
    const std::size_t count = before.size() + after.size();
    if (symbols.size() < 2 || count > symbols.size()) return;
    if (left == 0 && right == to_.size() && count != symbols.size()) return;
    for (std::size_t i = 0; i < before.size(); ++i) {
      domain_.set_against(domain_.solver().resolve(*to_[before[i]]),
                          Dimension::of_symbol(symbols[i]));
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      domain_.set_against(domain_.solver().resolve(*to_[after[i]]),
                          Dimension::of_symbol(symbols[symbols.size() - after.size() + i]));
    }
  }

  void leave_open(const Dimension& target, const Dimension& against) {
    open_ = true;
    if (against.symbols().size() == 1) of_one_size_.push_back(target);
    domain_.set_against(target, against);
  }

  bool is_of_one_size(const Dimension& target) const {
    return std::find(of_one_size_.begin(), of_one_size_.end(), target) != of_one_size_.end();
  }

  AssumingDomain& domain_;
  Dimensions from_;
  std::vector<std::optional<Dimension>> to_;
  bool open_ = false;
  std::size_t current_ = 0;   // the target that is looked at
  Dimensions of_one_size_;    // targets left open that may stand for one size only
  bool before_wild_ = false;  // the targets before -1 are looked at, from the left
};

}  // namespace

Dimensions match_view(AssumingDomain& domain, const Dimensions& from,
                      const std::vector<std::optional<Dimension>>& to) {
  return ViewMatcher(domain, from, to).match();
}

}  // namespace henson::runtime
