// Decides about numbers that nothing showed to be an input's size, nor to be the model's own.
#include <algorithm>
#include <set>

#include "runtime/passes/baked_values.h"
#include "runtime/passes/shape_analysis.h"

namespace henson::runtime {

void ShapeAnalysis::settle() {
  if (!graph_.nodes.empty()) settle_outputs();
  for (const SizeSite& site : sites_) settle_site(site);
  settle_rows();
  settle_numbers();
  for (const HeldNode& held : held_) lock_to_trace(held.node, held.reason);
  widen_locks();
}

bool ShapeAnalysis::is_batch(const Dimension& size) const {
  const std::optional<SymbolId> id = solver_.resolve(size).symbol();
  return id && solver_.symbol(*id).kind == DimensionSolver::Kind::kInput &&
         solver_.symbol(*id).dim == 0;
}

std::optional<Dimension> ShapeAnalysis::input_of_size(std::int64_t value) const {
  for (const Dimension& size : input_sizes_) {
    if (solver_.traced(size) == value) return size;
  }
  return std::nullopt;
}

/// The sizes of inputs that no other determines.
std::vector<SymbolId> ShapeAnalysis::free_inputs() const {
  std::set<SymbolId> found;
  for (const Dimension& size : input_sizes_) {
    for (const SymbolId id : solver_.inputs_of(size)) found.insert(id);
  }
  return {found.begin(), found.end()};
}

void ShapeAnalysis::lock_inputs(const std::vector<SymbolId>& sizes, std::size_t node,
                                const std::string& reason) {
  for (const SymbolId id : sizes) {
    const Dimension size = Dimension::of_symbol(id);
    locks_.push_back({size, solver_.traced(size).value_or(kNoSize), false, node, reason});
  }
}

void ShapeAnalysis::lock_to_trace(std::size_t node, const std::string& reason) {
  lock_inputs(free_inputs(), node, reason);
}

/// A lock on a size that cannot be computed from the inputs' sizes becomes one on these.
void ShapeAnalysis::widen_locks() {
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
void ShapeAnalysis::settle_outputs() {
  for (const ValueId leaf : leaves_of(graph_.output)) {
    const std::optional<Dimensions> dims = value(leaf).dims;
    for (std::size_t d = 0; dims && d < dims->size(); ++d) settle_output_size(leaf, *dims, d);
  }
}

void ShapeAnalysis::settle_output_size(ValueId leaf, const Dimensions& dims, std::size_t d) {
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
    const bool of_batch = d == 0 && dims.size() > 1;
    const bool guessed =
        !traced && is_batch(size) == of_batch && (of_batch || (held > 4 && !depends_[leaf]));
    if (traced == held || guessed) locks_.push_back({size, held, false, node, reason});
  }
}

void ShapeAnalysis::settle_site(const SizeSite& site) {
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
      // A dummy input of less than three tokens is not to be expected.
      if (site.value < (traced ? 2 : 3) || (traced && *traced != site.value)) return;
      locks_.push_back({against, site.value, traced.has_value(), site.node,
                        held + ", and cannot be told from the dummy input's size"});
      return;
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

void ShapeAnalysis::settle_rows() {
  std::vector<std::pair<Dimension, std::map<std::int64_t, std::size_t>>> groups;
  for (const RowSite& site : rows_) {
    const Dimension size = solver_.resolve(site.size);
    const auto same = [&](const auto& group) { return group.first == size; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {size, {}});
    group->second.emplace(site.row, site.node);
  }
  for (const auto& [size, rows] : groups) settle_rows_of(size, rows);
}

/// Rows that are taken of one size. The first ones are the model's own choice, unless they are all
/// that the dummy input had, or in its middle or at its end.
void ShapeAnalysis::settle_rows_of(const Dimension& size,
                                   const std::map<std::int64_t, std::size_t>& rows) {
  const auto [last, node] = *rows.rbegin();
  const std::optional<std::int64_t> traced = solver_.traced(size);
  const bool batch = is_batch(size);
  const bool first_only = last == 0;
  const bool from_first_on = static_cast<std::int64_t>(rows.size()) == last + 1;
  bool chosen = false;
  if (traced) {
    const auto is_place = [&](const auto& row) {
      const std::int64_t t = *traced;
      return row.first > 0 &&
             (row.first == t - 1 || row.first == t / 2 || row.first == (t - 1) / 2);
    };
    chosen = first_only ? *traced != 1
                        : !batch && last <= 2 && std::none_of(rows.begin(), rows.end(), is_place);
  } else {
    chosen = !batch && from_first_on && last <= 1;
  }
  if (chosen) return;
  const std::int64_t guess = batch || from_first_on ? last + 1 : kNoSize;
  locks_.push_back({size, traced.value_or(guess), false, node,
                    "row " + std::to_string(last) +
                        " is taken by its number, which cannot be told from a place in the dummy "
                        "input"});
}

const Tensor* RuleCall::known_tensor(ValueId id) const {
  const GraphValue& value = analysis_.graph_.values[id];
  const std::optional<Value>& known = analysis_.baked_[id] ? analysis_.baked_[id] : value.constant;
  if (!known || is_weight(value)) return nullptr;
  const auto* tensor = std::get_if<Tensor>(&*known);
  return tensor != nullptr && tensor->defined() ? tensor : nullptr;
}

void RuleCall::lock(const Dimension& size, std::int64_t value, bool at_most, std::string reason) {
  analysis_.locks_.push_back({size, value, at_most, index_, std::move(reason)});
}

void RuleCall::lock_to_traced(const Dimension& size, std::string reason) {
  lock(size, solver().traced(size).value_or(kNoSize), false, std::move(reason));
}

void RuleCall::take_row(const Dimension& size, std::int64_t row) {
  if (row >= 0 && depends_on_input(size)) analysis_.rows_.push_back({size, row, index_});
}

/// Rows taken by the numbers of a constant. One that counts all of them is as long as they are.
void RuleCall::take_rows(const Dimension& size, ValueId rows) {
  const Tensor* const tensor = known_tensor(rows);
  if (tensor == nullptr || !is_integral(tensor->dtype()) || tensor->dtype() == DType::kBool ||
      !depends_on_input(size)) {
    return;
  }
  const Tensor numbers = tensor->to(DType::kInt64).contiguous();
  const std::int64_t* const first = numbers.data<std::int64_t>();
  const std::set<std::int64_t> taken(first, first + numbers.numel());
  const auto count = static_cast<std::int64_t>(taken.size());
  const bool all = count == numbers.numel() && !taken.empty() && *taken.begin() == 0 &&
                   *taken.rbegin() == count - 1 && std::is_sorted(first, first + count);
  const Dimensions own_sizes = value_of(rows).dims.value_or(Dimensions{});
  const auto is_all = [&](const Dimension& own) {
    return solver().resolve(own) == solver().resolve(size);
  };
  if (all && std::any_of(own_sizes.begin(), own_sizes.end(), is_all)) return;
  const std::optional<std::int64_t> traced = solver().traced(size);
  if (all && traced.value_or(count) == count && (traced || is_batch(size))) {
    for (const Dimension& own : own_sizes) {
      const std::optional<SymbolId> id = solver().resolve(own).symbol();
      if (!id || solver().symbol(*id).kind != DimensionSolver::Kind::kConstant ||
          solver().symbol(*id).traced != count) {
        continue;
      }
      same(own, size);
      return;
    }
  }
  for (const std::int64_t row : taken) take_row(size, row);
}

}  // namespace henson::runtime
