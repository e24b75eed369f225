// Sizes of views, of parts, and of what is made of sizes.
#include <algorithm>
#include <cstdint>

#include "runtime/analysis/size_rules.h"

namespace henson::runtime {
namespace {

Dimension product_of(const KnownSizes::Dimensions& sizes) {
  Dimension product = Dimension::of(1);
  for (const Dimension& size : sizes) product = product * size;
  return product;
}

}  // namespace

/// The sizes of a view that asks for `to`, in which one may be -1.
std::optional<KnownSizes::Dimensions> SizeRule::viewed(const Dimensions& from,
                                                       std::vector<Dimension> to) {
  const auto wild = std::find(to.begin(), to.end(), Dimension::of(-1));
  if (wild == to.end()) {
    sizes_.require_equal(product_of(from), product_of(to));
    return to;
  }
  *wild = Dimension::of(1);
  const std::optional<Dimension> rest = product_of(from).divided_by(product_of(to));
  if (!rest) return std::nullopt;
  *wild = *rest;
  return to;
}

void SizeRule::view() {
  const std::optional<Dimensions> from = dims(0);
  const std::optional<std::vector<Dimension>> to = list(1);
  if (!to) return;
  if (from) {
    if (auto result = viewed(*from, *to)) give(std::move(*result));
  } else if (std::find(to->begin(), to->end(), Dimension::of(-1)) == to->end()) {
    give(*to);
  }
}

void SizeRule::view_as() {
  if (const auto sizes = dims(1)) give(*sizes);
}

void SizeRule::permute() {
  const std::optional<Dimensions> sizes = dims(0);
  const auto order = literals(1);
  if (!sizes || !order || order->size() != sizes->size()) return;
  Dimensions result;
  for (const std::int64_t d : *order) {
    const auto at = wrap(d, sizes->size());
    if (!at) return;
    result.push_back((*sizes)[*at]);
  }
  give(std::move(result));
}

void SizeRule::transpose() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes || sizes->empty()) return;
  const bool told = node_.inputs.size() >= 3;
  const std::size_t rank = sizes->size();
  if (!told && rank != 2 && node_.op->schema.name != "aten::mT") return;
  const auto a = told ? wrap(literal(1), rank) : wrap(rank < 2 ? -1 : -2, rank);
  const auto b = told ? wrap(literal(2), rank) : wrap(-1, rank);
  if (!a || !b) return;
  std::swap((*sizes)[*a], (*sizes)[*b]);
  give(std::move(*sizes));
}

void SizeRule::unsqueeze() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes) return;
  const auto at = wrap(literal(1), sizes->size() + 1);
  if (!at) return;
  sizes->insert(sizes->begin() + static_cast<std::ptrdiff_t>(*at), Dimension::of(1));
  give(std::move(*sizes));
  give_number(number(0));
}

void SizeRule::squeeze() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes || node_.inputs.size() != 2) return;
  const auto at = wrap(literal(1), sizes->size());
  if (!at || !(*sizes)[*at].literal()) return;
  if ((*sizes)[*at].is_one()) sizes->erase(sizes->begin() + static_cast<std::ptrdiff_t>(*at));
  give(std::move(*sizes));
}

void SizeRule::flatten() {
  const std::optional<Dimensions> sizes = dims(0);
  if (!sizes || sizes->empty()) return;
  const auto first = wrap(argument("start_dim", 0), sizes->size());
  const auto last = wrap(argument("end_dim", -1), sizes->size());
  if (!first || !last || *first > *last) return;
  const auto from = sizes->begin() + static_cast<std::ptrdiff_t>(*first);
  const auto to = sizes->begin() + static_cast<std::ptrdiff_t>(*last) + 1;
  Dimensions result(sizes->begin(), from);
  result.push_back(product_of(Dimensions(from, to)));
  result.insert(result.end(), to, sizes->end());
  give(std::move(result));
}

void SizeRule::unflatten() {
  const std::optional<Dimensions> sizes = dims(0);
  const auto parts = list(2);
  if (!sizes || !parts) return;
  const auto at = wrap(literal(1), sizes->size());
  if (!at) return;
  const auto inner = viewed({(*sizes)[*at]}, *parts);
  if (!inner) return;
  Dimensions result = *sizes;
  const auto place = result.erase(result.begin() + static_cast<std::ptrdiff_t>(*at));
  result.insert(place, inner->begin(), inner->end());
  give(std::move(result));
}

void SizeRule::expand() {
  const std::optional<Dimensions> own = dims(0);
  std::optional<std::vector<Dimension>> wanted = list(1);
  if (!wanted) return;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    Dimension& size = (*wanted)[wanted->size() - 1 - i];
    if (!(size == Dimension::of(-1))) continue;
    if (!own || i >= own->size()) return;
    size = (*own)[own->size() - 1 - i];
  }
  give(std::move(*wanted));
}

/// What is left of a size from `first` to `last`.
Dimension SizeRule::part_of(const Dimension& size, const Dimension& first, const Dimension& last) {
  const auto whole = size.literal();
  const auto from = first.literal();
  const auto to = last.literal();
  const bool to_end = last == size || (to && *to >= (std::int64_t{1} << 31));
  if (from == 0 && to_end) return size;
  if (whole && from && (to || to_end)) {
    const auto bound = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + *whole : at, 0, *whole);
    };
    const std::int64_t end = to_end ? *whole : bound(*to);
    return Dimension::of(std::max<std::int64_t>(end - bound(*from), 0));
  }
  if (from == 0 && whole && !to) return sizes_.symbol({{}, {}, last, {}});
  return sizes_.symbol({});
}

void SizeRule::narrow() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes) return;
  const auto dim = wrap(literal(1), sizes->size());
  if (!dim) return;
  const std::optional<Dimension> length = number(3);
  (*sizes)[*dim] = length ? *length : sizes_.symbol({});
  give(std::move(*sizes));
}

void SizeRule::slice() {
  std::optional<Dimensions> sizes = dims(0);
  const auto start = place_of("start");
  const auto end = place_of("end");
  const auto step = argument("step", 1);
  if (!sizes || !start || !end || !step || *step < 1) return;
  const auto dim = wrap(argument("dim", 0), sizes->size());
  if (!dim) return;
  Dimension& size = (*sizes)[*dim];
  const std::optional<Dimension> first = is_none(*start) ? Dimension::of(0) : number(*start);
  const std::optional<Dimension> last = is_none(*end) ? size : number(*end);
  size = first && last ? part_of(size, *first, *last) : sizes_.symbol({});
  if (*step != 1) {
    const auto count = size.literal();
    size = count ? Dimension::of((*count + *step - 1) / *step) : sizes_.symbol({});
  }
  give(std::move(*sizes));
}

void SizeRule::select() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes) return;
  const auto at = wrap(literal(1), sizes->size());
  if (!at) return;
  sizes->erase(sizes->begin() + static_cast<std::ptrdiff_t>(*at));
  give(std::move(*sizes));
}

/// x[i, j] with tensors of whole numbers for the first dimensions.
void SizeRule::index() {
  const std::optional<Dimensions> sizes = dims(0);
  const std::vector<ValueId> parts = list_parts(1);
  if (!sizes || parts.empty() || parts.size() > sizes->size()) return;
  Dimensions result;
  for (const ValueId part : parts) {
    const std::optional<Dimensions> own = sizes_.dims(part);
    const std::optional<DType> dtype = sizes_.graph_.values[part].dtype;
    const bool places = dtype && is_integral(*dtype) && *dtype != DType::kUInt8;
    if (!own || !places || *dtype == DType::kBool) return;
    result = broadcast(result, *own);
  }
  result.insert(result.end(), sizes->begin() + static_cast<std::ptrdiff_t>(parts.size()),
                sizes->end());
  give(std::move(result));
}

void SizeRule::index_select() {
  std::optional<Dimensions> sizes = dims(0);
  const std::optional<Dimensions> rows = dims(2);
  if (!sizes || !rows || rows->size() != 1) return;
  const auto dim = wrap(literal(1), sizes->size());
  if (!dim) return;
  (*sizes)[*dim] = rows->front();
  give(std::move(*sizes));
}

void SizeRule::pad() {
  std::optional<Dimensions> sizes = dims(0);
  const auto amounts = literals(1);
  if (!sizes || !amounts || amounts->size() > 2 * sizes->size()) return;
  for (std::size_t i = 0; i + 1 < amounts->size(); i += 2) {
    Dimension& size = (*sizes)[sizes->size() - 1 - i / 2];
    size = size + Dimension::of((*amounts)[i] + (*amounts)[i + 1]);
  }
  give(std::move(*sizes));
}

void SizeRule::give_parts(const Dimensions& whole, std::size_t dim,
                          const std::vector<Dimension>& parts) {
  std::vector<Known> items;
  for (const Dimension& part : parts) {
    Dimensions sizes = whole;
    sizes[dim] = part;
    Fact known;
    known.dims = std::move(sizes);
    items.push_back(std::move(known));
  }
  sizes_.values_[node_.outputs[0]].items = std::move(items);
}

/// Of a dimension whose size is a number.
void SizeRule::split() {
  const std::optional<Dimensions> sizes = dims(0);
  const auto counts = literals(1);
  if (!sizes || !counts || counts->empty()) return;
  const auto dim = wrap(argument("dim", 0), sizes->size());
  if (!dim) return;
  const std::optional<std::int64_t> whole = (*sizes)[*dim].literal();
  const bool listed = known(1).items.has_value();
  if (!whole || (!listed && counts->front() <= 0)) return;
  std::vector<Dimension> parts;
  if (listed) {
    for (const std::int64_t count : *counts) parts.push_back(Dimension::of(count));
  } else {
    const std::int64_t n = counts->front();
    const bool chunks = node_.op->schema.name == "aten::chunk";
    const std::int64_t step = chunks ? (*whole + n - 1) / n : n;
    for (std::int64_t at = 0; at < *whole; at += step) {
      parts.push_back(Dimension::of(std::min(step, *whole - at)));
    }
  }
  give_parts(*sizes, *dim, parts);
}

void SizeRule::unbind() {
  std::optional<Dimensions> sizes = dims(0);
  if (!sizes) return;
  const auto dim = wrap(argument("dim", 0), sizes->size());
  constexpr std::int64_t kMost = 64;  // of stacked projections there are few
  if (!dim || !(*sizes)[*dim].literal() || *(*sizes)[*dim].literal() > kMost) return;
  const auto count = static_cast<std::size_t>(*(*sizes)[*dim].literal());
  sizes->erase(sizes->begin() + static_cast<std::ptrdiff_t>(*dim));
  sizes_.values_[node_.outputs[0]].items = std::vector<Known>(count);
  for (Known& part : *sizes_.values_[node_.outputs[0]].items) part.dims = sizes;
}

void SizeRule::cat() {
  if (!known(0).items) return;
  std::optional<Dimensions> result;
  for (const Known& item : *known(0).items) {
    if (!item.dims) return;
    const bool nothing = item.dims->size() == 1 && item.dims->front().literal() == 0;
    if (nothing) continue;
    if (!result) {
      result = item.dims;
      continue;
    }
    const auto dim = wrap(argument("dim", 0), result->size());
    if (!dim || item.dims->size() != result->size()) return;
    for (std::size_t d = 0; d < result->size(); ++d) {
      if (d == *dim) {
        (*result)[d] = (*result)[d] + (*item.dims)[d];
      } else {
        sizes_.require_equal((*result)[d], (*item.dims)[d]);
      }
    }
  }
  // A vector of one dimension may be empty, and is then left out whatever else there is.
  if (result && result->size() > 1) give(std::move(*result));
}

void SizeRule::stack() {
  const std::optional<std::vector<Known>>& items = known(0).items;
  if (!items || items->empty() || !items->front().dims) return;
  Dimensions result = *items->front().dims;
  for (const Known& item : *items) {
    if (!item.dims || item.dims->size() != result.size()) return;
    for (std::size_t d = 0; d < result.size(); ++d) {
      sizes_.require_equal(result[d], (*item.dims)[d]);
    }
  }
  const auto dim = wrap(argument("dim", 0), result.size() + 1);
  if (!dim) return;
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(*dim),
                Dimension::of(static_cast<std::int64_t>(items->size())));
  give(std::move(result));
}

void SizeRule::repeat() {
  const std::optional<Dimensions> own = dims(0);
  std::optional<std::vector<Dimension>> times = list(1);
  if (!own || !times || times->size() < own->size()) return;
  const std::size_t lead = times->size() - own->size();
  for (std::size_t d = 0; d < own->size(); ++d) (*times)[lead + d] = (*times)[lead + d] * (*own)[d];
  give(std::move(*times));
}

void SizeRule::create() {
  const std::optional<std::size_t> place = place_of("size");
  if (!place) return;
  if (auto sizes = list(*place)) give(std::move(*sizes));
}

void SizeRule::arange() {
  const std::optional<std::size_t> start = place_of("start");
  const std::optional<std::size_t> end = place_of("end");
  if (!end || argument("step", 1) != 1) return;
  const std::optional<Dimension> first = start ? number(*start) : Dimension::of(0);
  const std::optional<Dimension> last = number(*end);
  if (first && last) give({*last - *first});
}

void SizeRule::size_of() {
  const std::optional<Dimensions> sizes = dims(0);
  if (!sizes) return;
  if (node_.inputs.size() > 1) {
    const auto dim = wrap(literal(1), sizes->size());
    if (dim) give_number((*sizes)[*dim]);
    return;
  }
  std::vector<Known> items;
  for (const Dimension& size : *sizes) {
    Fact item;
    item.number = size;
    items.push_back(std::move(item));
  }
  sizes_.values_[node_.outputs[0]].items = std::move(items);
}

void SizeRule::same_number() {
  give_number(number(0));
  if (node_.op->schema.results[0].kind == TypeKind::kTensor) give({});
}

void SizeRule::list_item() {
  const std::optional<std::vector<Known>>& items = known(0).items;
  if (!items) return;
  const auto at = wrap(literal(1), items->size());
  if (at) sizes_.values_[node_.outputs[0]] = (*items)[*at];
}

}  // namespace henson::runtime
