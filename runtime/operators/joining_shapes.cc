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
  if (items && dim) give_joined(call, *items, *dim);
}

void give_joined(Inference& call, std::span<const Fact> items, std::int64_t dim) {
  if (items.empty()) throw Mismatch{};
  call.domain().saw_joined(items, dim);
  std::vector<Dimensions> parts;
  std::size_t rank = 1;
  for (const Fact& item : items) {
    const std::optional<Dimensions> own = call.resolved(item.dims);
    if (!own) return;
    if (own->empty()) throw Mismatch{};
    if (own->size() != 1) rank = own->size();
    parts.push_back(*own);
  }
  const std::size_t at = Inference::wrap(dim, rank);
  std::optional<Dimensions> result;
  for (const Dimensions& part : parts) {
    const Dimensions* const own = &part;
    if (own->size() == 1 && own->front().literal() == 0) continue;  // left out, as PyTorch does
    if (own->size() == 1 && rank != 1 && !own->front().literal()) continue;  // it must be 0
    if (own->size() != rank) throw Mismatch{};
    if (!result) {
      result = part;
      continue;
    }
    for (std::size_t d = 0; d < rank; ++d) {
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

namespace {

/// Each dimension as often as the list says. The last entry is that of the last dimension.
void repeat(Inference& call, const Dimensions& own,
            const std::vector<std::optional<Dimension>>& times) {
  const auto& given = call.arg(1).items;
  const std::size_t rank = std::max(own.size(), times.size());
  const std::size_t before = rank - own.size();     // dimensions that are new
  const std::size_t unnamed = rank - times.size();  // dimensions without an entry
  Dimensions result;
  for (std::size_t d = 0; d < rank; ++d) {
    const Dimension size = d < before ? Dimension::of(1) : own[d - before];
    if (d < unnamed) {
      result.push_back(size);
      continue;
    }
    const std::size_t entry = d - unnamed;
    if (!times[entry]) throw Mismatch{};
    const bool once =
        d >= before && given && (*given)[entry].number && (*given)[entry].number->is_one();
    result.push_back(once ? size : size * *times[entry]);
  }
  call.give(result);
}

}  // namespace

void repeated(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto times = call.size_list(1, SitePurpose::kCreate);
  if (!own || !times) return;
  if (times->size() < own->size()) throw Mismatch{};
  repeat(call, *own, *times);
}

void tiled(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto times = call.size_list(1, SitePurpose::kCreate);
  if (own && times) repeat(call, *own, *times);
}

void repeated_each(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::size_t> times = call.place("repeats");
  const std::optional<std::size_t> dim = call.place("dim");
  if (!sizes || !times || !dim) return;
  if (call.is_none(*dim)) {  // the elements in a row
    Dimension total = Dimension::of(1);
    for (const Dimension& size : *sizes) total = total * size;
    sizes = Dimensions{total};
  }
  const auto at = Inference::dim_at(call.is_none(*dim) ? 0 : call.integer(*dim), sizes->size());
  if (!at) return;
  const auto count =
      call.is_tensor(*times) ? std::nullopt : call.size_argument(*times, SitePurpose::kCreate);
  const std::optional<std::size_t> told = call.place("output_size");
  const auto size = told ? call.number(*told) : std::nullopt;
  (*sizes)[*at] = count ? (*sizes)[*at] * *count : size ? *size : call.domain().unknown();
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
  if (sizes && sizes->empty()) return call.give({});  // of a number there is only that
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

bool is_mask(DType dtype) { return dtype == DType::kBool || dtype == DType::kUInt8; }

/// What one index takes part by. `at` is the dimension that it picks from, and becomes that of the
/// next one. False where too little is known.
bool pick(Inference& call, const Fact& index, std::size_t& at, bool& masked, Picked& found) {
  const std::optional<Dimensions> own = call.resolved(index.dims);
  if (!own || !index.dtype) return false;
  const bool mask = is_mask(*index.dtype);
  if (mask ? own->empty() : !is_integral(*index.dtype)) return false;
  const std::size_t next = at + (mask ? own->size() : 1);
  if (next > found.dimensions.size()) throw Mismatch{};
  if (!mask) found.sizes = call.broadcast(found.sizes, *own);
  masked = masked || mask;
  if (found.count == 0) found.first = at;
  found.last = next - 1;
  found.count += next - at;
  for (; at < next; ++at) found.dimensions[at] = true;
  return true;
}

/// Nothing where too little is known. How many elements a mask picks depends on the data.
std::optional<Picked> picked(Inference& call, const Dimensions& sizes,
                             const std::vector<Fact>& indices) {
  Picked found;
  found.dimensions.assign(sizes.size(), false);
  bool known = true;
  bool masked = false;
  std::size_t at = 0;
  for (const Fact& index : indices) {
    if (is_absent(index)) {
      ++at;
      continue;
    }
    if (at < sizes.size()) call.domain().saw_rows(sizes[at], index);
    known = known && pick(call, index, at, masked, found);
    if (!known) ++at;
  }
  if (!known) return std::nullopt;
  if (at > sizes.size()) throw Mismatch{};
  if (masked && found.sizes.empty()) found.sizes.emplace_back();
  if (masked) found.sizes.back() = call.domain().unknown();
  return found;
}

}  // namespace

void indexed(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::vector<Fact>>& indices = call.arg(1).items;
  if (!sizes || !indices) return;
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

void columns_of_places(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  Fact column;
  column.kind = TypeKind::kTensor;
  column.dims = Dimensions{call.domain().unknown()};
  call.result().items.emplace(std::max<std::size_t>(sizes->size(), 1), column);
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
