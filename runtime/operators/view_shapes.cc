// Sizes of views of all elements, and of parts.
#include <algorithm>

#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

std::ptrdiff_t at_offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

Dimension product_of(const Dimensions& sizes) {
  Dimension product = Dimension::of(1);
  for (const Dimension& size : sizes) product = product * size;
  return product;
}

/// As many sizes as the code gives, nothing known of those that are open.
Dimensions with_unknowns(ShapeDomain& domain, const std::vector<std::optional<Dimension>>& sizes) {
  Dimensions known;
  for (const auto& size : sizes) known.push_back(size ? *size : domain.unknown());
  return known;
}

}  // namespace

void view(Inference& call) {
  const std::optional<Dimensions> from = call.dims(0);
  const auto to = call.size_list(1, SitePurpose::kView);
  if (!to) {
    if (const auto& items = call.arg(1).items) call.result().least_rank = items->size();
    return;
  }
  const auto sizes = from ? call.domain().view(*from, *to) : std::nullopt;
  call.give(sizes ? *sizes : with_unknowns(call.domain(), *to));
}

void as_other(Inference& call) {
  if (const auto sizes = call.dims(1)) call.give(*sizes);
}

void permuted(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto order = call.integers(1);
  if (order) call.result().least_rank = order->size();
  if (!sizes || !order) return;
  if (order->size() != sizes->size()) throw Mismatch{};
  Dimensions result;
  for (const std::int64_t dim : *order) {
    const auto at = Inference::dim_at(dim, sizes->size());
    if (!at) throw Mismatch{};
    result.push_back((*sizes)[*at]);
  }
  call.give(result);
}

void transposed(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank;
  std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  const std::size_t rank = sizes->size();
  if (rank > 0) {
    const bool told = call.size() >= 3;
    const auto a = Inference::dim_at(told ? call.integer(1) : rank < 2 ? -1 : -2, rank);
    const auto b = Inference::dim_at(told ? call.integer(2) : -1, rank);
    if (!a || !b) return;
    std::swap((*sizes)[*a], (*sizes)[*b]);
  }
  call.give(*sizes);
}

void reversed(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  std::reverse(sizes->begin(), sizes->end());
  call.give(*sizes);
}

void moved(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto from = call.integers(1);
  const auto to = call.integers(2);
  if (!sizes || !from || !to) return;
  if (from->size() != to->size()) throw Mismatch{};
  const std::size_t rank = sizes->size();
  std::vector<std::optional<Dimension>> result(rank);
  std::vector<bool> taken(rank, false);
  for (std::size_t i = 0; i < from->size(); ++i) {
    const auto source = Inference::dim_at((*from)[i], rank);
    const auto target = Inference::dim_at((*to)[i], rank);
    if (!source || !target) continue;
    result[*target] = (*sizes)[*source];
    taken[*source] = true;
  }
  std::size_t next = 0;
  Dimensions placed;
  for (std::optional<Dimension>& size : result) {
    while (!size && next < rank && taken[next]) ++next;
    if (!size && next == rank) throw Mismatch{};
    placed.push_back(size ? *size : (*sizes)[next++]);
  }
  call.give(placed);
}

void squeezed(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto dims = call.integers(1);
  if (!sizes || (call.size() > 1 && !dims)) return;
  std::vector<bool> chosen(sizes->size(), !dims);
  for (const std::int64_t dim : dims.value_or(std::vector<std::int64_t>())) {
    if (const auto at = Inference::dim_at(dim, sizes->size())) chosen[*at] = true;
  }
  Dimensions result;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    // Which sizes are 1 is known of numbers alone: with another the rank is not known.
    if (chosen[d] && !call.domain().is_fixed((*sizes)[d])) return;
    if (!chosen[d] || !(*sizes)[d].is_one()) result.push_back((*sizes)[d]);
  }
  call.give(result);
}

void unsqueezed(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank + 1;
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.integer(1);
  if (!sizes || !dim) return;
  const std::size_t at = Inference::wrap(*dim, sizes->size() + 1);
  sizes->insert(sizes->begin() + at_offset(at), Dimension::of(1));
  call.give(*sizes);
  call.result().number = call.number(0);
  call.result().last = call.arg(0).last;
}

void flattened(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto start = call.integer("start_dim", 0);
  const auto end = call.integer("end_dim", -1);
  if (!sizes || !start || !end) return;
  const std::size_t first = Inference::wrap(*start, sizes->size());
  const std::size_t last = Inference::wrap(*end, sizes->size());
  if (first > last) throw Mismatch{};
  if (sizes->empty()) return call.give({Dimension::of(1)});
  const auto from = sizes->begin() + at_offset(first);
  const auto to = sizes->begin() + at_offset(last) + 1;
  Dimensions result(sizes->begin(), from);
  result.push_back(product_of(Dimensions(from, to)));
  result.insert(result.end(), to, sizes->end());
  call.give(result);
}

void unflattened(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto parts = call.size_list(2, SitePurpose::kView);
  const auto at = sizes ? Inference::dim_at(call.integer(1), sizes->size()) : std::nullopt;
  if (!at || !parts) return;
  const auto inner = call.domain().view({(*sizes)[*at]}, *parts);
  const Dimensions found = inner ? *inner : with_unknowns(call.domain(), *parts);
  Dimensions result = *sizes;
  const auto place = result.erase(result.begin() + at_offset(*at));
  result.insert(place, found.begin(), found.end());
  call.give(result);
}

void expanded(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto wanted = call.size_list(1, SitePurpose::kExpand);
  if (!wanted) {
    if (const auto& items = call.arg(1).items) call.result().least_rank = items->size();
    return;
  }
  if (own && wanted->size() < own->size()) throw Mismatch{};
  const std::size_t lead = own ? wanted->size() - own->size() : wanted->size();
  Dimensions result;
  for (std::size_t d = 0; d < wanted->size(); ++d) {
    const auto& to = (*wanted)[d];
    if (!own) {
      result.push_back(to ? *to : call.domain().unknown());
      continue;
    }
    const Dimension size = d < lead ? Dimension::of(1) : (*own)[d - lead];
    result.push_back(to ? call.domain().expand(size, *to) : size);
  }
  call.give(result);
  call.result().last = call.arg(0).last;
}

void expanded_as(Inference& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const std::optional<Dimensions> other = call.dims(1);
  if (!other) return;
  Dimensions result = *other;
  if (own && own->size() <= other->size()) {
    const std::size_t lead = other->size() - own->size();
    for (std::size_t d = 0; d < own->size(); ++d) {
      result[lead + d] = call.domain().expand((*own)[d], (*other)[lead + d]);
    }
  } else if (own) {
    throw Mismatch{};
  }
  call.give(result);
  call.result().last = call.arg(0).last;
}

namespace {

constexpr std::int64_t kToTheEnd = std::int64_t{1} << 31;  // no dimension is so long

/// The end of a slice, counted from the start: what is left when it is open or negative, else a
/// size that may be the dummy's.
std::optional<Dimension> slice_end(Inference& call, std::size_t argument, const Dimension& size) {
  if (call.is_none(argument)) return size;
  const std::optional<std::int64_t> end = call.integer(argument);
  if (!end) return call.number(argument);
  if (*end >= kToTheEnd) return size;
  if (*end < 0) return size + Dimension::of(*end);
  if (const auto literal = size.literal(); literal && *end >= *literal) return size;
  if (*end == 0) return Dimension::of(0);
  const bool fixed = call.domain().is_fixed(size);
  return call.size_argument(
      argument, fixed ? SitePurpose::kSliceOfConstant : SitePurpose::kSliceOfInput, size);
}

std::optional<Dimension> slice_start(const Inference& call, std::size_t argument,
                                     const Dimension& size) {
  if (call.is_none(argument)) return Dimension::of(0);
  const std::optional<std::int64_t> start = call.integer(argument);
  if (start && *start < 0) return size + Dimension::of(*start);
  return call.number(argument);
}

void tell_slice(Inference& call, const Dimension& size, std::size_t start_at, std::size_t end_at,
                const std::optional<Dimension>& last) {
  const std::optional<std::int64_t> start = call.integer(start_at);
  const std::optional<std::int64_t> end = call.integer(end_at);
  if (start) call.domain().saw_start(size, *start, end);
  if (last) call.domain().saw_end(size, start, end, *last);
}

}  // namespace

void sliced(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank;
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::size_t> start_at = call.place("start");
  const std::optional<std::size_t> end_at = call.place("end");
  const auto at = sizes ? Inference::dim_at(call.integer("dim", 0), sizes->size()) : std::nullopt;
  if (!at || !start_at || !end_at) return;
  Dimension& size = (*sizes)[*at];
  const std::optional<std::int64_t> step = call.integer("step", 1);
  const std::optional<Dimension> start = slice_start(call, *start_at, size);
  const std::optional<Dimension> end = slice_end(call, *end_at, size);
  const Dimension whole = size;
  tell_slice(call, size, *start_at, *end_at, end);
  size = start && end ? call.domain().part(size, *start, *end) : call.domain().unknown();
  if (step == 1) {
    if (size == whole) call.result().last = call.arg(0).last;
    return call.give(*sizes);
  }
  if (step) call.domain().saw_step(whole, *step);
  const auto steps = step && *step > 0
                         ? call.domain().apply(SizeFunction::kSteps, size, Dimension::of(*step))
                         : std::nullopt;
  size = steps ? *steps : call.domain().unknown();
  call.give(*sizes);
}

void selected(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? Inference::dim_at(call.integer(1), sizes->size()) : std::nullopt;
  if (!at) return;
  if (const auto row = call.integer(2)) call.domain().saw_row((*sizes)[*at], call.arg(0), *row);
  sizes->erase(sizes->begin() + at_offset(*at));
  call.give(*sizes);
}

void narrowed(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? Inference::dim_at(call.integer(1), sizes->size()) : std::nullopt;
  if (!at) return;
  Dimension& size = (*sizes)[*at];
  const SitePurpose purpose =
      call.domain().is_fixed(size) ? SitePurpose::kSliceOfConstant : SitePurpose::kSliceOfInput;
  const auto length = call.size_argument(3, purpose, size);
  if (const auto start = call.integer(2)) {
    const auto count = call.number(3);
    const auto last = count ? (Dimension::of(*start) + *count).literal() : std::nullopt;
    call.domain().saw_start(size, *start, last);
  }
  size = length ? *length : call.domain().unknown();
  call.give(*sizes);
}

void give_parts(Inference& call, const Dimensions& whole, std::size_t dim,
                const Dimensions& pieces) {
  call.result().items.emplace();
  for (const Dimension& piece : pieces) {
    Fact part;
    part.kind = TypeKind::kTensor;
    part.dims = whole;
    (*part.dims)[dim] = piece;
    call.result().items->push_back(std::move(part));
  }
}

namespace {

/// A whole taken apart into pieces of a size, the last one perhaps smaller.
Dimensions pieces_of(std::int64_t whole, std::int64_t piece) {
  if (whole == 0) return {Dimension::of(0)};
  Dimensions pieces;
  for (std::int64_t left = whole; left > 0; left -= piece) {
    piece = std::min(piece, left);
    pieces.push_back(Dimension::of(piece));
  }
  return pieces;
}

Dimensions sizes_of(std::span<const std::int64_t> numbers) {
  Dimensions sizes;
  for (const std::int64_t number : numbers) sizes.push_back(Dimension::of(number));
  return sizes;
}

/// Of a dimension whose size is not fixed nothing is known of the parts.
std::optional<std::size_t> split_dim(Inference& call, const std::optional<Dimensions>& sizes,
                                     SplitBy by, std::span<const std::int64_t> numbers) {
  const auto at = sizes ? Inference::dim_at(call.integer("dim", 0), sizes->size()) : std::nullopt;
  if (!at) return std::nullopt;
  if ((*sizes)[*at].literal()) return at;
  call.domain().saw_split((*sizes)[*at], by, numbers);
  return std::nullopt;
}

}  // namespace

void split(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto counts = call.integers(1);
  if (!counts) return;
  const bool listed = call.arg(1).kind == TypeKind::kList || call.arg(1).items;
  const auto at = split_dim(call, sizes, listed ? SplitBy::kSizes : SplitBy::kSize, *counts);
  if (!at) return;
  const std::int64_t whole = *(*sizes)[*at].literal();
  if (listed) return give_parts(call, *sizes, *at, sizes_of(*counts));
  const std::int64_t piece = counts->front();
  if (piece <= 0 || whole / piece > kMostParts) return;
  give_parts(call, *sizes, *at, pieces_of(whole, piece));
}

void chunked(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto counts = call.integers(1);
  if (!counts || counts->empty()) return;
  const auto at = split_dim(call, sizes, SplitBy::kCount, *counts);
  const std::int64_t count = counts->front();
  if (!at || count <= 0 || count > kMostParts) return;
  const std::int64_t whole = *(*sizes)[*at].literal();
  // Of nothing there are as many chunks as are asked for.
  if (whole == 0)
    return give_parts(call, *sizes, *at, Dimensions(std::size_t(count), Dimension::of(0)));
  give_parts(call, *sizes, *at, pieces_of(whole, (whole - 1) / count + 1));
}

void unbound(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? Inference::dim_at(call.integer("dim", 0), sizes->size()) : std::nullopt;
  if (!at) return;
  const auto count = (*sizes)[*at].literal();
  if (!count || *count < 0 || *count > kMostParts) return;
  sizes->erase(sizes->begin() + at_offset(*at));
  Fact part;
  part.kind = TypeKind::kTensor;
  part.dims = std::move(sizes);
  call.result().items.emplace(static_cast<std::size_t>(*count), part);
}

Dimensions at_least(Dimensions sizes, std::size_t rank) {
  const Dimension one = Dimension::of(1);
  if (sizes.empty()) sizes = {one};
  if (rank >= 2 && sizes.size() == 1) sizes = {one, sizes[0]};
  if (rank >= 3 && sizes.size() == 2) sizes.push_back(one);
  return sizes;
}

void diagonal(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto offset = call.integer(1);
  const auto first = call.integer("dim1", 0);
  const auto second = call.integer("dim2", 1);
  if (!sizes || !offset || !first || !second) return;
  const auto row = Inference::dim_at(*first, sizes->size());
  const auto column = Inference::dim_at(*second, sizes->size());
  if (!row || !column || *row == *column) throw Mismatch{};
  const Dimension zero = Dimension::of(0);
  const Dimension rows = (*sizes)[*row] + (*offset < 0 ? Dimension::of(*offset) : zero);
  const Dimension columns = (*sizes)[*column] - (*offset > 0 ? Dimension::of(*offset) : zero);
  auto length = call.domain().apply(SizeFunction::kMin, rows, columns);
  if (length && *offset != 0) length = call.domain().apply(SizeFunction::kMax, *length, zero);
  Dimensions result;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (d != *row && d != *column) result.push_back((*sizes)[d]);
  }
  result.push_back(length ? *length : call.domain().unknown());
  call.give(result);
}

/// Windows at places that the code holds as numbers.
void strided(Inference& call) {
  const auto sizes = call.integers(1);
  const auto strides = call.integers(2);
  if (!sizes) return;
  if (strides) call.domain().saw_strides(call.arg(0), *sizes, *strides);
  Dimensions result;
  for (const std::int64_t size : *sizes) result.push_back(Dimension::of(size));
  call.give(result);
}

}  // namespace henson::runtime::shapes
