// Decides about numbers that nothing showed to be an input's size, nor to be the model's own.
#include <algorithm>
#include <set>

#include "runtime/analysis/baked_values.h"
#include "runtime/tensor/checked.h"
#include "runtime/unlock/assuming_domain.h"

namespace henson::runtime {

void AssumedShapes::settle() {
  if (!graph_.nodes.empty()) settle_outputs();
  for (const SizeSite& site : sites_) settle_site(site);
  settle_rows();
  settle_numbers();
  // One such node locks every size there is: the others would say the same again.
  const auto decided = [&](const UndecidedNode& one) { return is_stated(one.node); };
  const auto undecided = std::find_if_not(undecided_.begin(), undecided_.end(), decided);
  if (undecided != undecided_.end()) lock_to_trace(undecided->node, undecided->reason);
  widen_locks();
  drop_settled_locks();
  settle_differing();
  settle_limits();
}

/// A table that is too short for an input: told before it runs, in tokens.
void AssumedShapes::settle_limits() {
  for (const TableLimit& limit : limits_) {
    const Dimension asked = solver_.resolve(limit.asked);
    const std::vector<SymbolId> symbols = asked.symbols();
    if (symbols.size() != 1 || solver_.symbol(symbols[0]).kind != DimensionSolver::Kind::kInput) {
      continue;
    }
    const Dimension size = Dimension::of_symbol(symbols[0]);
    const std::optional<std::int64_t> more = (asked - size).literal();
    if (!more || is_batch(size) || *more >= limit.rows) continue;
    locks_.push_back({.size = size,
                      .value = saturated_difference(limit.rows, *more),
                      .at_most = true,
                      .node = limit.node,
                      .reason = limit.table,
                      .limit = true});
  }
}

bool AssumedShapes::is_batch(const Dimension& size) const {
  const std::optional<SymbolId> id = solver_.resolve(size).symbol();
  return id && solver_.symbol(*id).kind == DimensionSolver::Kind::kInput &&
         solver_.symbol(*id).dim == 0;
}

std::optional<Dimension> AssumedShapes::input_of_size(std::int64_t value) const {
  for (const Dimension& size : input_sizes_) {
    if (solver_.traced(size) == value) return size;
  }
  return std::nullopt;
}

/// The sizes of inputs that no other determines.
std::vector<SymbolId> AssumedShapes::free_inputs() const {
  std::set<SymbolId> found;
  for (const Dimension& size : input_sizes_) {
    for (const SymbolId id : solver_.inputs_of(size)) found.insert(id);
  }
  return {found.begin(), found.end()};
}

void AssumedShapes::lock_inputs(const std::vector<SymbolId>& sizes, std::size_t node,
                                const std::string& reason) {
  for (const SymbolId id : sizes) {
    const Dimension size = Dimension::of_symbol(id);
    locks_.push_back({size, solver_.traced(size).value_or(kNoSize), false, node, reason});
  }
}

void AssumedShapes::lock_to_trace(std::size_t node, const std::string& reason) {
  lock_inputs(free_inputs(), node, reason);
}

/// A lock on a size that cannot be computed from the inputs' sizes becomes one on these.
void AssumedShapes::widen_locks() {
  std::vector<ShapeLock> locks = std::move(locks_);
  locks_.clear();
  for (ShapeLock& lock : locks) {
    const Dimension resolved = solver_.resolve(lock.size);
    if (!resolved.symbols().empty()) lock.size = resolved;  // else it must be a number, as held
    const std::vector<SymbolId> symbols = lock.size.symbols();
    const bool computed = std::all_of(symbols.begin(), symbols.end(), [&](SymbolId id) {
      return solver_.symbol(id).kind == DimensionSolver::Kind::kInput;
    });
    if (computed) {
      if (!symbols.empty()) locks_.push_back(std::move(lock));
    } else {
      lock_inputs(solver_.inputs_of(lock.size), lock.node, lock.reason);
    }
  }
}

/// A size of an output that the code holds as a number, and that the dummy input had.
void AssumedShapes::settle_outputs() {
  for (const ValueId leaf : leaves_of(graph_.output)) {
    if (!depends_[leaf]) settle_output_number(leaf);
    const std::optional<Dimensions> dims = value(leaf).dims;
    const bool tensor = graph_.values[leaf].type.kind == TypeKind::kTensor;
    if (tensor && !dims && !depends_[leaf] && !weighs_[leaf]) {
      lock_to_trace(graph_.nodes.size() - 1, "an output is made by the code alone");
    }
    for (std::size_t d = 0; dims && d < dims->size(); ++d) settle_output_size(leaf, *dims, d);
  }
}

/// A whole number that is an output, and no input has a part in it: it may be the dummy's size.
void AssumedShapes::settle_output_number(ValueId leaf) {
  std::optional<std::int64_t> number;
  if (const std::optional<Dimension>& known = value(leaf).number) {
    number = solver_.resolve(*known).literal();
  } else if (const auto* tensor = baked_[leaf] ? std::get_if<Tensor>(&*baked_[leaf]) : nullptr;
             tensor != nullptr && tensor->defined() && tensor->numel() == 1 &&
             is_integral(tensor->dtype()) && tensor->dtype() != DType::kBool) {
    number = *tensor->to(system_memory(), DType::kInt64).data<std::int64_t>();
  }
  if (!number || *number < 1 || is_weight(graph_.values[leaf])) return;
  const std::string reason = "an output is the number " + std::to_string(*number) +
                             ", which may be a size of the dummy input";
  std::vector<Dimension> same;
  std::vector<Dimension> lengths;
  std::vector<Dimension> batches;
  for (const SymbolId id : free_inputs()) {
    const Dimension size = Dimension::of_symbol(id);
    const std::optional<std::int64_t> traced = solver_.traced(size);
    if (traced == number) same.push_back(size);
    if (!traced) (is_batch(size) ? batches : lengths).push_back(size);
  }
  // Where nothing is told a length has more than two tokens.
  if (same.empty()) same = *number > 2 && !lengths.empty() ? lengths : batches;
  for (const Dimension& size : same) {
    locks_.push_back({size, *number, false, graph_.nodes.size() - 1, reason});
  }
}

void AssumedShapes::settle_output_size(ValueId leaf, const Dimensions& dims, std::size_t d) {
  const std::optional<SymbolId> symbol = solver_.resolve(dims[d]).symbol();
  if (!symbol || solver_.symbol(*symbol).kind != DimensionSolver::Kind::kConstant) return;
  const bool slice = std::any_of(sites_.begin(), sites_.end(), [&](const SizeSite& site) {
    return site.symbol.symbol() == symbol && site.purpose == SitePurpose::kSliceOfInput;
  });
  if (slice) return;  // looked at by settle_site
  const std::int64_t held = solver_.symbol(*symbol).traced.value_or(0);
  const std::string reason = "an output has the size " + std::to_string(held) +
                             ", which cannot be told from a size of the dummy input";
  const std::size_t node = graph_.nodes.size() - 1;
  const auto has_batch = [&](const Dimension& size) { return is_batch(size); };
  if (held == 1 && (d > 0 || std::any_of(dims.begin(), dims.end(), has_batch))) return;
  for (const SymbolId id : free_inputs()) {
    const Dimension size = Dimension::of_symbol(id);
    const std::optional<std::int64_t> traced = solver_.traced(size);
    // Not told: the first size is the batch; others are the model's, or the code made them all.
    const bool of_batch = d == 0 && (dims.size() > 1 || (held < 5 && !depends_[leaf]));
    const bool guessed =
        !traced && is_batch(size) == of_batch && (of_batch || (held > 4 && !depends_[leaf]));
    if (traced == held || guessed) locks_.push_back({size, held, false, node, reason});
  }
}

void AssumedShapes::settle_site(const SizeSite& site) {
  if (!(solver_.resolve(site.symbol) == site.symbol)) return;
  const Dimension against = solver_.resolve(site.against);
  const std::optional<std::int64_t> traced = solver_.traced(against);
  const std::string held = "the number " + std::to_string(site.value) + " stands here";
  switch (site.purpose) {
    case SitePurpose::kView:
      if (against.symbols().empty() || (site.value == 1 && traced && *traced != 1)) return;
      locks_.push_back({against, traced.value_or(site.value), false, site.node,
                        held + ", and cannot be told from a size of the dummy input"});
      return;
    case SitePurpose::kSliceOfInput:
      return settle_slice(site, against);
    case SitePurpose::kExpand:
    case SitePurpose::kCreate:
    case SitePurpose::kSliceOfConstant:
      if (site.value < 2) return;
      if (const std::optional<Dimension> size = input_of_size(site.value)) {
        locks_.push_back({*size, site.value, false, site.node,
                          held + ", and cannot be told from a size of the dummy input"});
      }
      return;
  }
}

/// The end of a slice of what has the input's size. Beyond the dummy's end it is the model's own.
void AssumedShapes::settle_slice(const SizeSite& site, const Dimension& against) {
  const std::string reason = "the number " + std::to_string(site.value) +
                             " stands here, and cannot be told from the dummy input's size";
  const std::vector<SymbolId> sizes = solver_.inputs_of(against);
  if (const std::optional<std::int64_t> traced = solver_.traced(against)) {
    bool fits = AssumingDomain::may_stem_from(site.value, *traced);
    for (const std::int64_t parts : {3, 4}) {  // of one that such parts make up
      fits = fits || (site.value > 1 && !is_batch(against) && site.value * parts == *traced);
    }
    for (const SymbolId id : sizes) {
      const auto length = solver_.traced(Dimension::of_symbol(id));
      const std::int64_t times = std::max<std::int64_t>(against.coefficient().value_or(1), 1);
      if (!length || is_batch(Dimension::of_symbol(id))) continue;
      fits =
          fits || AssumingDomain::may_stem_from(site.value, *length) ||
          (site.value % times == 0 && AssumingDomain::may_stem_from(site.value / times, *length));
    }
    if (site.value == 1 ? *traced != 1 : !fits) return;
    locks_.push_back(
        {against, *traced, site.value == *traced && site.value > 1, site.node, reason});
    return;
  }
  if (site.value < 2) {
    const bool batches = std::all_of(sizes.begin(), sizes.end(), [&](SymbolId id) {
      return is_batch(Dimension::of_symbol(id));
    });
    if (batches) locks_.push_back({against, site.value, false, site.node, reason});
    return;
  }
  // From the first one on, all; without the first, without the last; else nothing tells.
  const std::int64_t guess = site.start < 2 ? saturated_sum(site.value, site.start) : kNoSize;
  locks_.push_back({against, guess, false, site.node, reason});
}

/// Whether it makes a difference that a row's number was said to be the model's own.
void AssumedShapes::note_stated_row(const Dimension& size, const RowSite& site) {
  if (!is_stated(site.node)) return;
  const std::size_t locks = locks_.size();
  settle_rows_of(size, {{site.row, site.node}});
  if (locks_.size() > locks) note_stated(site.node);
  locks_.erase(locks_.begin() + static_cast<std::ptrdiff_t>(locks), locks_.end());
}

void AssumedShapes::settle_rows() {
  std::vector<std::pair<Dimension, std::map<std::int64_t, std::size_t>>> groups;
  for (const RowSite& site : rows_) {
    const Dimension size = solver_.resolve(site.size);
    if (is_settled(site.node, size)) {
      note_stated_row(size, site);
      continue;
    }
    const auto same = [&](const auto& group) { return group.first == size; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {size, {}});
    group->second.emplace(site.row, site.node);
  }
  for (const auto& [size, rows] : groups) settle_rows_of(size, rows);
}

/// Rows that are taken of one size. The first ones are the model's own choice, unless they are all
/// that the dummy input had, or in its middle or at its end.
void AssumedShapes::settle_rows_of(const Dimension& size,
                                   const std::map<std::int64_t, std::size_t>& rows) {
  const auto [last, node] = *rows.rbegin();
  const std::optional<std::int64_t> traced = solver_.traced(size);
  const bool batch = is_batch(size);
  const bool first_only = last == 0;
  const std::int64_t count = saturated_sum(last, 1);  // of the rows, if none is left out
  const bool from_first_on = static_cast<std::int64_t>(rows.size()) == count;
  bool chosen = false;
  if (traced) {
    const auto is_place = [&](const auto& row) {
      const std::int64_t t = *traced;
      const std::int64_t before = saturated_sum(t, -1);
      return row.first > 0 &&
             (row.first == before || row.first == t / 2 || row.first == before / 2);
    };
    chosen = first_only ? *traced != 1 || is_own_first_row(size, node)
                        : !batch && last <= 2 && std::none_of(rows.begin(), rows.end(), is_place);
  } else {
    chosen = !batch && from_first_on && last <= 1;
  }
  const std::vector<SymbolId> sizes = solver_.inputs_of(size);
  const std::string reason = "row " + std::to_string(last) +
                             " is taken by its number, which cannot be told from a place in the "
                             "dummy input";
  if (size.is_monomial() && size.symbols().size() > 1) {
    // The first of all rows is the batch's own first, unless the batch had one.
    if (!first_only) return lock_inputs(sizes, node, reason);
    for (const SymbolId id : sizes) {
      const Dimension part = Dimension::of_symbol(id);
      if (is_batch(part) && solver_.traced(part).value_or(1) == 1) {
        locks_.push_back({part, 1, false, node, reason});
      }
    }
    return;
  }
  if (chosen) return;
  const std::int64_t guess = batch || from_first_on ? count : kNoSize;
  locks_.push_back({size, traced.value_or(guess), false, node, reason});
}

}  // namespace henson::runtime
