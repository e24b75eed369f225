// Sizes of what is joined, repeated, padded, and picked by index.
#include <algorithm>

#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

std::ptrdiff_t at_offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

}  // namespace

void joined(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  const std::optional<std::int64_t> dim = call.integer("dim", 0);
  if (!items || items->empty() || !dim) return;
  call.domain().saw_joined(*items, *dim);
  std::optional<Dimensions> result;
  for (const Fact& item : *items) {
    const std::optional<Dimensions> own = call.resolved(item.dims);
    if (!own) return;
    if (own->size() == 1 && own->front().literal() == 0) continue;  // left out, as PyTorch does
    if (!result) {
      result = own;
      continue;
    }
    if (own->size() != result->size()) throw Mismatch{};
    const std::size_t at = Inference::wrap(*dim, result->size());
    for (std::size_t d = 0; d < result->size(); ++d) {
      if (d == at) {
        (*result)[d] = (*result)[d] + (*own)[d];
      } else {
        call.domain().require_equal((*result)[d], (*own)[d]);
      }
    }
  }
  call.give(result.value_or(Dimensions{Dimension::of(0)}));
}

void stacked(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  const std::optional<std::int64_t> dim = call.integer("dim", 0);
  if (!items || items->empty() || !dim || !items->front().dims) return;
  Dimensions result = *call.resolved(items->front().dims);
  for (const Fact& item : *items) {
    if (!item.dims) return;
    if (item.dims->size() != result.size()) throw Mismatch{};
    for (std::size_t d = 0; d < result.size(); ++d) {
      call.domain().require_equal(result[d], (*item.dims)[d]);
    }
  }
  const std::size_t at = Inference::wrap(*dim, result.size() + 1);
  result.insert(result.begin() + at_offset(at),
                Dimension::of(static_cast<std::int64_t>(items->size())));
  call.give(result);
}

void repeated(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto times = call.size_list(1, SitePurpose::kCreate);
  const auto& given = call.arg(1).items;
  if (!own || !times) return;
  if (times->size() < own->size()) throw Mismatch{};
  const std::size_t lead = times->size() - own->size();
  Dimensions result;
  for (std::size_t d = 0; d < times->size(); ++d) {
    if (!(*times)[d]) throw Mismatch{};
    const Dimension size = d < lead ? Dimension::of(1) : (*own)[d - lead];
    const bool once = d >= lead && given && (*given)[d].number && (*given)[d].number->is_one();
    result.push_back(once ? size : size * *(*times)[d]);
  }
  call.give(result);
}

void repeated_each(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::size_t> times = call.place("repeats");
  const std::optional<std::size_t> dim = call.place("dim");
  if (!sizes || !times || !dim || call.is_tensor(*times)) return;
  const auto count = call.size_argument(*times, SitePurpose::kCreate);
  if (!count) return;
  if (call.is_none(*dim)) {  // of the elements in a row
    Dimension total = *count;
    for (const Dimension& size : *sizes) total = total * size;
    return call.give({total});
  }
  const auto at = Inference::dim_at(call.integer(*dim), sizes->size());
  if (!at) return;
  (*sizes)[*at] = (*sizes)[*at] * *count;
  call.give(*sizes);
}

void padded(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto amounts = call.integers(1);
  if (!sizes || !amounts) return;
  if (amounts->size() % 2 != 0 || amounts->size() > 2 * sizes->size()) throw Mismatch{};
  for (std::size_t i = 0; i + 1 < amounts->size(); i += 2) {
    Dimension& size = (*sizes)[sizes->size() - 1 - i / 2];
    call.domain().saw_padding(size, (*amounts)[i], (*amounts)[i + 1]);
    size = size + Dimension::of((*amounts)[i]) + Dimension::of((*amounts)[i + 1]);
  }
  call.give(*sizes);
}

void gathered(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const std::optional<Dimensions> index = call.dims(2);
  const auto at = own ? Inference::dim_at(call.integer(1), own->size()) : std::nullopt;
  if (at) call.domain().saw_rows((*own)[*at], call.arg(2));
  if (at && index && index->size() == own->size()) {
    // Beside that dimension the index has the sizes of what it picks from, or smaller ones.
    for (std::size_t d = 0; d < own->size(); ++d) {
      if (d != *at) call.domain().saw_picked((*own)[d], (*index)[d]);
    }
  }
  if (const std::optional<Dimensions> sizes = call.dims(2)) call.give(*sizes);
}

void index_selected(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> index = call.dims(2);
  const auto at = sizes ? Inference::dim_at(call.integer(1), sizes->size()) : std::nullopt;
  if (!at || !index) return;
  call.domain().saw_rows((*sizes)[*at], call.arg(2));
  (*sizes)[*at] = index->empty() ? Dimension::of(1) : index->front();
  call.give(*sizes);
}

namespace {

/// The dimensions that tensors of whole numbers pick from, and their sizes taken together.
struct Picked {
  std::vector<bool> dimensions;
  Dimensions sizes;
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t count = 0;
};

bool is_absent(const Fact& fact) {
  return fact.kind == TypeKind::kNone || (fact.constant != nullptr && fact.constant->is_none());
}

/// Nothing where masks pick (their number depends on the data), or too little is known.
std::optional<Picked> picked(Inference& call, const Dimensions& sizes,
                             const std::vector<Fact>& indices) {
  Picked found;
  found.dimensions.assign(sizes.size(), false);
  bool known = true;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (is_absent(indices[i])) continue;
    call.domain().saw_rows(sizes[i], indices[i]);
    const std::optional<Dimensions> own = call.resolved(indices[i].dims);
    const std::optional<DType> dtype = indices[i].dtype;
    known = known && own && dtype && is_integral(*dtype) && *dtype != DType::kUInt8;
    if (!known) continue;
    found.sizes = call.broadcast(found.sizes, *own);
    if (found.count == 0) found.first = i;
    found.last = i;
    ++found.count;
    found.dimensions[i] = true;
  }
  return known ? std::optional(found) : std::nullopt;
}

}  // namespace

void indexed(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::vector<Fact>>& indices = call.arg(1).items;
  if (!sizes || !indices) return;
  if (indices->size() > sizes->size()) throw Mismatch{};
  const std::optional<Picked> taken = picked(call, *sizes, *indices);
  if (!taken || taken->count == 0) return;
  const bool together = taken->last - taken->first + 1 == taken->count;
  Dimensions result = together ? Dimensions{} : taken->sizes;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (together && d == taken->first) {
      result.insert(result.end(), taken->sizes.begin(), taken->sizes.end());
    }
    if (!taken->dimensions[d]) result.push_back((*sizes)[d]);
  }
  call.give(result);
}

void looked_up(Inference& call) {
  const std::optional<Dimensions> table = call.dims(0);
  std::optional<Dimensions> sizes = call.dims(1);
  call.result().least_rank = call.arg(1).least_rank + 1;
  if (!table || !sizes) return;
  if (table->size() != 2) throw Mismatch{};
  call.domain().saw_table_rows(table->front(), call.arg(1));
  sizes->push_back(table->back());
  call.give(*sizes);
}

void written_rows(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::size_t> index = call.place("index");
  const std::optional<std::size_t> dim = call.place("dim");
  same(call);
  if (!sizes || !index || !dim) return;
  if (const auto at = Inference::dim_at(call.integer(*dim), sizes->size())) {
    call.domain().saw_rows((*sizes)[*at], call.arg(*index));
  }
}

}  // namespace henson::runtime::shapes
