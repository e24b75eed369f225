// Sizes of the parts that numpy's ways to split a tensor give.
#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

void split_evenly(Inference& call, const Dimensions& sizes, std::size_t at) {
  const std::optional<std::int64_t> count = call.integer(1);
  if (!count) return;
  if (*count <= 0) throw Mismatch{};
  const std::optional<std::int64_t> whole = sizes[at].literal();
  if (!whole) call.domain().saw_split(sizes[at], SplitBy::kCount, std::span(&*count, 1));
  if (!whole || *whole < 0 || *count > kMostParts) return;
  Dimensions pieces;
  for (std::int64_t i = 0; i < *count; ++i) {
    pieces.push_back(Dimension::of(*whole / *count + (i < *whole % *count ? 1 : 0)));
  }
  give_parts(call, sizes, at, pieces);
}

/// Places are the ends of slices, and the starts of those that follow.
void split_at_places(Inference& call, const Dimensions& sizes, std::size_t at) {
  const auto places = call.integers(1);
  if (!places || places->size() >= static_cast<std::size_t>(kMostParts)) return;
  const Dimension& size = sizes[at];
  Dimensions pieces;
  std::int64_t start = 0;
  const auto from_start = [&](std::int64_t place) {
    return place < 0 ? size + Dimension::of(place) : Dimension::of(place);
  };
  for (const std::int64_t place : *places) {
    const Dimension end = from_start(place);
    call.domain().saw_start(size, start, place);
    call.domain().saw_end(size, start, place, end);
    pieces.push_back(call.domain().part(size, from_start(start), end));
    start = place;
  }
  call.domain().saw_start(size, start, std::nullopt);
  pieces.push_back(call.domain().part(size, from_start(start), size));
  give_parts(call, sizes, at, pieces);
}

std::optional<std::size_t> named_dim(const Inference& call, const Dimensions& sizes) {
  return Inference::dim_at(call.integer("dim", 0), sizes.size());
}

/// The dimension that numpy's hsplit, vsplit or dsplit takes apart.
std::size_t dim_of_kind(char kind, std::size_t rank) {
  const std::size_t least = kind == 'h' ? 1 : kind == 'v' ? 2 : 3;
  if (rank < least) throw Mismatch{};
  if (kind == 'h') return rank == 1 ? 0 : 1;
  return kind == 'v' ? 0 : 2;
}

}  // namespace

void split_evenly(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? named_dim(call, *sizes) : std::nullopt;
  if (at) split_evenly(call, *sizes, *at);
}

void split_at_places(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? named_dim(call, *sizes) : std::nullopt;
  if (at) split_at_places(call, *sizes, *at);
}

template <char kKind>
void split_kind_evenly(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) split_evenly(call, *sizes, dim_of_kind(kKind, sizes->size()));
}
template void split_kind_evenly<'h'>(Inference& call);
template void split_kind_evenly<'v'>(Inference& call);
template void split_kind_evenly<'d'>(Inference& call);

template <char kKind>
void split_kind_at_places(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) split_at_places(call, *sizes, dim_of_kind(kKind, sizes->size()));
}
template void split_kind_at_places<'h'>(Inference& call);
template void split_kind_at_places<'v'>(Inference& call);
template void split_kind_at_places<'d'>(Inference& call);

}  // namespace henson::runtime::shapes
