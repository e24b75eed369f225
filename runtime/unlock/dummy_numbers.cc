// Numbers of the code that stand where a dummy's size could have been put: which of them cannot be
// told from one.
#include <algorithm>
#include <set>
#include <string>

#include "runtime/analysis/baked_values.h"
#include "runtime/analysis/data_flow.h"
#include "runtime/graph/graph.h"
#include "runtime/tensor/checked.h"
#include "runtime/unlock/assuming_domain.h"

namespace henson::runtime {
namespace {

const char* const kUntold = ", which cannot be told from the dummy input's size";

}  // namespace

/// A constant of the code, or what its numbers alone make.
const Tensor* AssumingDomain::known_tensor(ValueId id) const {
  const GraphValue& value = analysis_.graph_.values[id];
  const std::optional<Value>& known = analysis_.baked_[id] ? analysis_.baked_[id] : value.constant;
  if (!known || is_weight(value)) return nullptr;
  const auto* tensor = std::get_if<Tensor>(&*known);
  return tensor != nullptr && tensor->defined() ? tensor : nullptr;
}

// Rows taken by their numbers.

void AssumingDomain::take_row(const Dimension& size, std::int64_t row) {
  if (row < -1 && depends_on_input(size)) hold_from_end(size, row);
  if (row >= 0 && depends_on_input(size)) analysis_.rows_.push_back({size, row, index_});
}

void AssumingDomain::saw_row(const Dimension& size, const Fact& from, std::int64_t row) {
  take_row(size, row);
  const bool of_table = size.literal() && from.id && !analysis_.depends_[*from.id];
  if (of_table) hold_number(row, "a row of a table", true);
}

/// Rows taken by the numbers of a constant. One that counts all of them is as long as they are.
void AssumingDomain::saw_rows(const Dimension& size, const Fact& rows) {
  const Tensor* const tensor = rows.id ? known_tensor(*rows.id) : nullptr;
  if (tensor == nullptr || !is_integral(tensor->dtype()) || !depends_on_input(size)) return;
  const Tensor numbers = tensor->to(system_memory(), DType::kInt64).contiguous(system_memory());
  const std::int64_t* const first = numbers.data<std::int64_t>();
  const std::set<std::int64_t> taken(first, first + numbers.numel());
  const auto count = static_cast<std::int64_t>(taken.size());
  const bool all = count == numbers.numel() && !taken.empty() && *taken.begin() == 0 &&
                   *taken.rbegin() == count - 1 && std::is_sorted(first, first + count);
  const Dimensions own_sizes = rows.dims.value_or(Dimensions{});
  const auto is_all = [&](const Dimension& own) { return resolve(own) == resolve(size); };
  if (all && std::any_of(own_sizes.begin(), own_sizes.end(), is_all)) return;
  const std::optional<std::int64_t> traced = solver().traced(size);
  // One row alone shows nothing.
  if (all && count > 1 && traced == count) {
    for (const Dimension& own : own_sizes) {
      const std::optional<SymbolId> id = resolve(own).symbol();
      if (!id || solver().symbol(*id).kind != DimensionSolver::Kind::kConstant ||
          solver().symbol(*id).traced != count) {
        continue;
      }
      return require_equal(own, size);
    }
  }
  for (const std::int64_t row : taken) take_row(size, row);
}

void AssumingDomain::saw_table_rows(const Dimension& table, const Fact& rows) {
  const Tensor* const known = rows.id ? known_tensor(*rows.id) : nullptr;
  if (known != nullptr && known->numel() == 1 && is_integral(known->dtype())) {
    hold_number(*known->to(system_memory(), DType::kInt64).data<std::int64_t>(), "a row of a table",
                true);
  }
  if (const auto count = table.literal(); count && rows.last) {
    limit(resolve(*rows.last) + Dimension::of(1), *count);
  }
}

/// The first argument is a table: so many of its rows are asked for, or up to that one.
void AssumingDomain::limit(const Dimension& asked, std::int64_t rows) {
  ValueId table = node_.inputs[0];
  while (analysis_.graph_.values[table].name.empty()) {
    const Node* const maker = analysis_.producers_.of(table);
    if (maker == nullptr || maker->inputs.empty()) break;
    table = maker->inputs[0];
  }
  const std::string& name = analysis_.graph_.values[table].name;
  analysis_.limits_.push_back({asked, rows, index_, name.empty() ? "a table of the code" : name});
}

// Parts.

/// A slice that starts within the input: there the model's own choice is near the front, and open.
void AssumingDomain::saw_start(const Dimension& size, std::int64_t start,
                               std::optional<std::int64_t> end) {
  if (start < 0) return hold_from_end(size, start);
  if (start < 2 || !depends_on_input(size)) return;
  const auto traced = solver().traced(size);
  const bool closed = end && *end > start && *end < (std::int64_t{1} << 31);
  const std::int64_t times = std::max<std::int64_t>(size.coefficient().value_or(1), 1);
  const bool part = traced && start % times == 0 && may_stem_from(start / times, *traced / times);
  const bool own = traced && !closed && start < *traced && !part && !may_stem_from(start, *traced);
  if (own) return;
  lock_to_traced(size, "a slice starts at " + std::to_string(start) +
                           ", which cannot be told from a place in the dummy input");
}

void AssumingDomain::saw_end(const Dimension& size, std::optional<std::int64_t> start,
                             std::optional<std::int64_t> end, const Dimension& last) {
  if (end && *end < 0) hold_from_end(size, *end);
  if (!start) return;
  set_start(last, *start);
  const auto rows = size.literal();
  if (rows && *start == 0) limit(last, *rows);
}

void AssumingDomain::saw_step(const Dimension& size, std::int64_t step) {
  if (!depends_on_input(size) || step <= 2) return;
  const auto traced = solver().traced(size);
  if (traced && size.symbols().size() < 2 && !may_stem_from(step, *traced)) return;
  hold("every " + std::to_string(step) + ". is taken" + kUntold);
}

/// A place counted from the end, or a part left off there.
void AssumingDomain::hold_from_end(const Dimension& size, std::int64_t place) {
  const std::optional<std::int64_t> traced = solver().traced(size);
  const std::int64_t count = saturated_difference(0, place);
  if (count < 2 || !depends_on_input(size)) return;
  if (traced ? !may_stem_from(count, *traced) : count < 3) return;
  lock_to_traced(size, "the place " + std::to_string(place) +
                           " from the end cannot be told from a part of the dummy input");
}

void AssumingDomain::saw_best(const Dimension& size, std::int64_t count) {
  const auto traced = solver().traced(size);
  if (!depends_on_input(size) || count <= 1 || (traced && !may_stem_from(count, *traced))) return;
  lock(size, traced.value_or(count), false,
       "the best " + std::to_string(count) + " are taken of as many as the dummy input had");
}

/// Taken apart into single pieces: their number is checked when it runs. Small pieces, or many, are
/// no part of the dummy input's size.
void AssumingDomain::saw_split(const Dimension& size, SplitBy by,
                               std::span<const std::int64_t> numbers) {
  if (!depends_on_input(size) || by == SplitBy::kCount || numbers.empty()) return;
  const bool one = numbers.size() == 1;
  const std::int64_t piece = numbers.front();
  const std::size_t taken = analysis_.unpacked_into_[node_.outputs[0]];
  const bool pieces_only =
      one && taken > 0 && !is_batch(size) && (piece <= 2 || (taken > 3 && piece < 8));
  if (pieces_only || (one && piece == 1)) return;
  Dimension total = Dimension::of(0);
  if (by == SplitBy::kSizes) {
    for (const std::int64_t number : numbers) total = total + Dimension::of(number);
  }
  const std::int64_t whole = total.literal().value_or(0);
  lock(size, solver().traced(size).value_or(whole > 0 ? whole : kNoSize), false,
       "the input is split into pieces of sizes that the code holds");
}

void AssumingDomain::saw_padding(const Dimension& size, std::int64_t before, std::int64_t after) {
  const auto added = (Dimension::of(before) + Dimension::of(after)).literal().value_or(0);
  if (!depends_on_input(size) || (added >= -1 && added <= 1)) return;
  if (!solver().traced(size) && before == after) return;
  lock_to_traced(size, "the input is padded by " + std::to_string(added) +
                           ", which cannot be told from what the dummy input lacked");
}

/// A window whose length the dummy input may have given: as long as all of it, for one.
void AssumingDomain::saw_window(const Dimension& size, const Window& window) {
  if (!depends_on_input(size)) return;
  const std::string reason = "a window of " + std::to_string(window.kernel) + kUntold;
  const Dimension reach = Dimension::of(window.dilation) * Dimension::of(window.kernel - 1);
  const bool keeps_size =
      window.stride == 1 && Dimension::of(2) * Dimension::of(window.padding) == reach;
  if (const auto traced = solver().traced(size)) {
    const bool all = window.kernel > 1 && reach.literal().value_or(kNoSize) + 1 >= *traced;
    const bool part = window.kernel > 2 && may_stem_from(window.kernel, *traced);
    if (all || (part && !keeps_size)) lock(size, *traced, false, reason);
  } else if (!keeps_size && window.kernel > (window.stride == window.kernel ? 2 : 3)) {
    lock(size, window.kernel, false, reason);
  }
}

void AssumingDomain::saw_pooled_to(const Dimension& size, std::int64_t wanted) {
  const auto traced = solver().traced(size);
  if (!depends_on_input(size) || wanted <= 1) return;
  if (traced ? !may_stem_from(wanted, *traced) : wanted <= 2) return;
  lock_to_traced(size, "pooled to " + std::to_string(wanted) + kUntold);
}

// What stands beside the input's own.

bool AssumingDomain::is_made_by_code(ValueId id) const {
  const Node* maker = analysis_.producers_.of(id);
  while (maker != nullptr && keeps_elements(*maker)) {
    id = maker->inputs[0];
    maker = analysis_.producers_.of(id);
  }
  if (maker == nullptr) return !is_weight(analysis_.graph_.values[id]);
  return has_any(*maker, Trait::kCreates);
}

/// A size that the code gave to what it made.
bool AssumingDomain::is_made_size(const Dimension& size) const {
  const auto makes = [&](const SizeSite& site) {
    return site.symbol == size &&
           (site.purpose == SitePurpose::kCreate || site.purpose == SitePurpose::kExpand);
  };
  const auto stretches = [&](const StretchSite& site) { return site.symbol == size; };
  return std::any_of(analysis_.sites_.begin(), analysis_.sites_.end(), makes) ||
         std::any_of(analysis_.stretches_.begin(), analysis_.stretches_.end(), stretches);
}

/// Rows that the code makes, put beside the input's: as many as the dummy input lacked, perhaps.
void AssumingDomain::saw_joined(std::span<const Fact> parts, std::int64_t dim) {
  std::int64_t made = 0;
  std::optional<Dimension> size;
  for (const Fact& part : parts) {
    const auto at = part.dims ? Inference::dim_at(dim, part.dims->size()) : std::nullopt;
    if (!at) return;
    const Dimension own = resolve((*part.dims)[*at]);
    if (depends_on_input(own)) {
      size = own;
    } else if (is_made_size(own) && part.id && is_made_by_code(*part.id)) {
      made = std::max(made, solver().traced(own).value_or(0));
    }
  }
  if (!size || made <= 1) return;
  lock_to_traced(*size, "rows made by the code stand beside the input's: " + std::to_string(made) +
                            " of them, perhaps as many as the dummy input lacked");
}

void AssumingDomain::saw_picked(const Dimension& size, const Dimension& index) {
  const auto number = solver().traced(index);
  const auto traced = solver().traced(size);
  if (!number || traced.value_or(*number) != *number) return;
  if (depends_on_input(index) || !depends_on_input(size)) return;
  if (index.symbol() && traced && *number > 1) {
    require_equal(index, size);
  } else if (*number > 1 || is_batch(size)) {
    lock(size, *number, false, "values are picked by as many numbers as it has");
  }
}

/// A step over a whole row of a contiguous tensor tells how long the rows of the dummy input were.
void AssumingDomain::saw_strides(const Fact& from, std::span<const std::int64_t> sizes,
                                 std::span<const std::int64_t> strides) {
  const std::string reason = "windows of the input at places that the code holds as numbers";
  if (!from.id || !analysis_.depends_[*from.id]) return;
  const bool rows = from.dims && from.dims->size() == 3 && !sizes.empty() && !strides.empty();
  const std::int64_t width = rows ? resolve(from.dims->back()).literal().value_or(0) : 0;
  const std::int64_t step = width > 0 ? strides.front() : 0;
  if (step > width && step % width == 0 && !solver().traced(from.dims->front())) {
    lock((*from.dims)[0], sizes.front(), false, reason);
    lock((*from.dims)[1], step / width, false, reason);
    return;
  }
  hold(reason);
}

// What counts.

void AssumingDomain::hold_number(std::int64_t number, const std::string& what, bool in_table) {
  if (number < 2) return;
  for (const SymbolId id : analysis_.free_inputs()) {
    const Dimension size = Dimension::of_symbol(id);
    const std::optional<std::int64_t> traced = solver().traced(size);
    if (is_batch(size)) continue;
    const bool place = traced && (number == *traced || number == saturated_sum(*traced, -1));
    const bool fits = place || (in_table && (traced ? may_stem_from(number, *traced) : number > 2));
    if (!fits) continue;
    lock(size, traced.value_or(kNoSize), false, what + " " + std::to_string(number) + kUntold);
  }
}

void AssumingDomain::saw_count(std::int64_t bound) {
  hold_number(bound < 0 ? saturated_difference(0, bound) : bound, "a count from or to", false);
}

/// A number that may be the product of an input's sizes.
void AssumingDomain::saw_total(std::int64_t bound) {
  const std::string reason =
      "a count in steps of a size ends at " + std::to_string(bound) + kUntold;
  Dimension total = Dimension::of(1);
  for (const Dimension& size : analysis_.input_sizes_) {
    if (solver().symbol(*size.symbol()).input == 0) total = total * resolve(size);
  }
  if (solver().traced(total)) return hold(reason);
  lock(total, bound, false, reason);
}

void AssumingDomain::saw_identity_of_one() {
  for (const SymbolId id : analysis_.free_inputs()) {
    const Dimension size = Dimension::of_symbol(id);
    if (!is_batch(size) || solver().traced(size).value_or(1) != 1) continue;
    lock(size, 1, false, "eye(1), of a batch of one perhaps");
  }
}

}  // namespace henson::runtime
