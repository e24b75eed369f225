// Sizes of operators that join tensors, repeat them, and pick from them by index.
#include <algorithm>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

/// Rows that the code makes, put beside the input's: as many as the dummy input lacked, perhaps.
void check_appended(RuleCall& call, std::int64_t dim) {
  const std::vector<ValueId> parts = call.list_parts(0);
  std::int64_t made = 0;
  std::optional<Dimension> size;
  for (const ValueId id : parts) {
    const std::optional<Dimensions>& dims = call.value_of(id).dims;
    if (!dims || dims->empty()) return;
    const Dimension own = call.solver().resolve((*dims)[call.wrap(dim, dims->size())]);
    if (call.depends_on_input(own)) {
      size = own;
    } else if (call.is_made_size(own) && call.is_made_by_code(id)) {
      made = std::max(made, call.solver().traced(own).value_or(0));
    }
  }
  if (size && made > 1) {
    call.lock_to_traced(*size,
                        "rows made by the code stand beside the input's: " + std::to_string(made) +
                            " of them, perhaps as many as the dummy input lacked");
  }
}

void cat(RuleCall& call) {
  const std::optional<std::vector<AbstractValue>>& items = call.value(0).items;
  if (!items || items->empty()) return;
  std::optional<Dimensions> result;
  const std::int64_t dim = call.number("dim").value_or(0);
  check_appended(call, dim);
  for (const AbstractValue& item : *items) {
    if (!item.dims) return;
    if (item.dims->size() == 1 && item.dims->front().literal() == 0) continue;
    if (!result) {
      result = item.dims;
      continue;
    }
    if (item.dims->size() != result->size()) throw Contradiction{};
    const std::size_t at = call.wrap(dim, result->size());
    for (std::size_t d = 0; d < result->size(); ++d) {
      if (d == at) {
        (*result)[d] = (*result)[d] + (*item.dims)[d];
      } else {
        call.same((*result)[d], (*item.dims)[d]);
      }
    }
  }
  if (result) call.give(std::move(*result));
}

void stack(RuleCall& call) {
  const std::optional<std::vector<AbstractValue>>& items = call.value(0).items;
  if (!items || items->empty() || !items->front().dims) return;
  Dimensions result = *items->front().dims;
  for (const AbstractValue& item : *items) {
    if (!item.dims || item.dims->size() != result.size()) return;
    for (std::size_t d = 0; d < result.size(); ++d) call.same(result[d], (*item.dims)[d]);
  }
  const std::size_t at = call.wrap(call.number("dim").value_or(0), result.size() + 1);
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(at),
                Dimension::of(static_cast<std::int64_t>(items->size())));
  call.give(std::move(result));
}

void repeat(RuleCall& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto times = call.size_list(1, SitePurpose::kCreate);
  const auto numbers = call.numbers(1);
  if (!own || !times || times->size() < own->size()) return;
  const std::size_t lead = times->size() - own->size();
  Dimensions result;
  for (std::size_t d = 0; d < times->size(); ++d) {
    if (!(*times)[d]) throw Contradiction{};
    const bool once = d >= lead && numbers && (*numbers)[d] == 1;
    result.push_back(once       ? (*own)[d - lead]
                     : d < lead ? *(*times)[d]
                                : (*own)[d - lead] * *(*times)[d]);
  }
  call.give(std::move(result));
}

/// repeat_interleave(self, 7, dim)
void repeat_interleave(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::size_t> times = call.argument("repeats");
  const auto dim = call.number("dim");
  if (!sizes || sizes->empty() || !times || call.is_tensor(*times) || !dim) return;
  const auto count = call.size_argument(*times, SitePurpose::kCreate);
  if (!count) return;
  Dimension& size = (*sizes)[call.wrap(*dim, sizes->size())];
  size = size * *count;
  call.give(std::move(*sizes));
}

void gather(RuleCall& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  const std::optional<Dimensions> index = call.dims(2);
  if (own && !own->empty() && dim) {
    const std::size_t at = call.wrap(*dim, own->size());
    call.take_rows((*own)[at], call.node().inputs[2]);
    // Beside that dimension the index has the sizes of what it picks from.
    for (std::size_t d = 0; index && index->size() == own->size() && d < own->size(); ++d) {
      const auto number = call.solver().traced((*index)[d]);
      const bool fits = number && call.solver().traced((*own)[d]).value_or(*number) == *number;
      const bool held = !call.depends_on_input((*index)[d]);
      if (d == at || !fits || !held || !call.depends_on_input((*own)[d])) continue;
      if ((*index)[d].symbol()) {
        call.same((*index)[d], (*own)[d]);
      } else if (*number > 1 || call.is_batch((*own)[d])) {
        call.lock((*own)[d], *number, false, "values are picked by as many numbers as it has");
      }
    }
  }
  if (const std::optional<Dimensions> sizes = call.dims(2)) call.give(*sizes);
}

void index_select(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  const std::optional<Dimensions> index = call.dims(2);
  if (!sizes || sizes->empty() || !dim || !index) return;
  call.take_rows((*sizes)[call.wrap(*dim, sizes->size())], call.node().inputs[2]);
  (*sizes)[call.wrap(*dim, sizes->size())] = index->empty() ? Dimension::of(1) : index->front();
  call.give(std::move(*sizes));
}

/// x[i, :, j] with tensors of whole numbers; masks give sizes that depend on the data.
void index(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::vector<AbstractValue>>& items = call.value(1).items;
  if (!sizes || !items || items->size() > sizes->size()) return;
  const std::vector<ValueId> parts = call.list_parts(1);
  std::optional<Dimensions> taken;
  std::size_t first = sizes->size();
  std::size_t last = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (i < parts.size() && call.is_none(parts[i])) continue;
    if (i < parts.size()) call.take_rows((*sizes)[i], parts[i]);
    if (!(*items)[i].dims || i >= parts.size() || !call.holds_integers(parts[i])) return;
    taken = taken ? call.broadcast(*taken, *(*items)[i].dims) : *(*items)[i].dims;
    first = std::min(first, i);
    last = i;
    ++count;
  }
  if (!taken) return;
  Dimensions result;
  const bool together = last - first + 1 == count;
  if (!together) result = *taken;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (together && d == first) result.insert(result.end(), taken->begin(), taken->end());
    const bool indexed = d < items->size() && !(d < parts.size() && call.is_none(parts[d]));
    if (!indexed) result.push_back((*sizes)[d]);
  }
  call.give(std::move(result));
}

}  // namespace

void add_join_rules(ShapeRules& rules) {
  rules.emplace("aten::cat", cat);
  rules.emplace("aten::concat", cat);
  rules.emplace("aten::stack", stack);
  rules.emplace("aten::repeat", repeat);
  rules.emplace("aten::repeat_interleave", repeat_interleave);
  rules.emplace("aten::gather", gather);
  rules.emplace("aten::index_select", index_select);
  rules.emplace("aten::index", index);
}

}  // namespace henson::runtime
