// Sizes of views, and of operators that take a tensor apart.
#include <algorithm>
#include <cstdlib>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

void view(RuleCall& call) {
  const std::optional<Dimensions> from = call.dims(0);
  const auto to = call.size_list(1, SitePurpose::kView);
  if (from && to) call.give(match_view(call, *from, *to));
}

void view_as(RuleCall& call) {
  if (const std::optional<Dimensions> sizes = call.dims(1)) call.give(*sizes);
}

void permute(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto order = call.numbers(1);
  if (!sizes || !order || order->size() != sizes->size()) return;
  Dimensions result;
  for (const std::int64_t d : *order) result.push_back((*sizes)[call.wrap(d, sizes->size())]);
  call.give(std::move(result));
}

void transpose(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes || sizes->empty()) return;
  std::size_t a = 0;
  std::size_t b = sizes->size() - 1;
  if (call.size() >= 3) {
    const auto first = call.number(std::size_t{1});
    const auto second = call.number(std::size_t{2});
    if (!first || !second) return;
    a = call.wrap(*first, sizes->size());
    b = call.wrap(*second, sizes->size());
  }
  std::swap((*sizes)[a], (*sizes)[b]);
  call.give(std::move(*sizes));
}

void unsqueeze(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  if (!sizes || !dim) return;
  const std::size_t at = call.wrap(*dim, sizes->size() + 1);
  sizes->insert(sizes->begin() + static_cast<std::ptrdiff_t>(at), Dimension::of(1));
  call.give(AbstractValue{std::move(sizes), call.value(0).content, {}, {}, call.value(0).last});
}

void squeeze(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  const auto dims = call.size() > 1 ? call.numbers(1) : std::nullopt;
  if (call.size() > 1 && !dims) return;
  Dimensions result;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    bool chosen = !dims;
    if (dims) {
      for (const std::int64_t dim : *dims) chosen = chosen || call.wrap(dim, sizes->size()) == d;
    }
    // Which sizes are 1 is known of numbers only: with another the rank is not known.
    if (chosen && call.depends_on_input((*sizes)[d])) return;
    if (!chosen || !(*sizes)[d].is_one()) result.push_back((*sizes)[d]);
  }
  call.give(std::move(result));
}

void flatten(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes || sizes->empty()) return;
  const std::size_t first = call.wrap(call.number("start_dim").value_or(0), sizes->size());
  const std::size_t last = call.wrap(call.number("end_dim").value_or(-1), sizes->size());
  Dimensions result(sizes->begin(), sizes->begin() + static_cast<std::ptrdiff_t>(first));
  Dimension joined = Dimension::of(1);
  for (std::size_t d = first; d <= last; ++d) joined = joined * (*sizes)[d];
  result.push_back(joined);
  result.insert(result.end(), sizes->begin() + static_cast<std::ptrdiff_t>(last) + 1, sizes->end());
  call.give(std::move(result));
}

void unflatten(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  const auto parts = call.size_list(2, SitePurpose::kView);
  if (!sizes || sizes->empty() || !dim || !parts) return;
  const std::size_t at = call.wrap(*dim, sizes->size());
  const Dimensions inner = match_view(call, {(*sizes)[at]}, *parts);
  Dimensions result(sizes->begin(), sizes->begin() + static_cast<std::ptrdiff_t>(at));
  result.insert(result.end(), inner.begin(), inner.end());
  result.insert(result.end(), sizes->begin() + static_cast<std::ptrdiff_t>(at) + 1, sizes->end());
  call.give(std::move(result));
}

Dimension expanded(RuleCall& call, const Dimension& own, const std::optional<Dimension>& wanted) {
  if (!wanted) return own;
  if (own.is_one()) return *wanted;
  call.same(*wanted, own);
  return call.solver().resolve(own);
}

void expand(RuleCall& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const auto wanted = call.size_list(1, SitePurpose::kExpand);
  if (!own || !wanted || wanted->size() < own->size()) return;
  const std::size_t lead = wanted->size() - own->size();
  Dimensions result;
  for (std::size_t d = 0; d < wanted->size(); ++d) {
    const Dimension size = d < lead ? Dimension::of(1) : (*own)[d - lead];
    result.push_back(expanded(call, size, (*wanted)[d]));
  }
  call.give(AbstractValue{std::move(result), {}, {}, {}, call.value(0).last});
}

void expand_as(RuleCall& call) {
  const std::optional<Dimensions> own = call.dims(0);
  const std::optional<Dimensions> other = call.dims(1);
  if (!own || !other) return;
  call.give(AbstractValue{call.broadcast(*own, *other), {}, {}, {}, call.value(0).last});
}

/// The end of a slice: what is left when it is open or negative, else a size that may be the
/// dummy's.
std::optional<Dimension> slice_end(RuleCall& call, std::size_t argument, const Dimension& size) {
  const std::optional<std::int64_t> end = call.number(argument);
  if (!end) {
    if (call.constant(argument)) return size;  // None
    const std::optional<Dimension> content = call.value(argument).content;
    return content ? std::optional(call.solver().resolve(*content)) : std::nullopt;
  }
  if (*end >= (std::int64_t{1} << 31)) return size;
  if (*end < 0) {
    call.hold_from_end(size, *end);
    return size + Dimension::of(*end);
  }
  if (const auto literal = size.literal(); literal && *end >= *literal) return size;
  if (*end == 0) return Dimension::of(0);
  const bool of_input = call.depends_on_input(size);
  const std::optional<std::int64_t> traced = call.solver().traced(size);
  if (of_input && traced && *end > *traced) return size;
  return call.size_argument(
      argument, of_input ? SitePurpose::kSliceOfInput : SitePurpose::kSliceOfConstant, size);
}

/// A slice that starts within the input: there the model's own choice is near the front, and open.
void check_start(RuleCall& call, const Dimension& size, std::int64_t start,
                 std::optional<std::int64_t> end) {
  if (start < 2 || !call.depends_on_input(size)) return;
  const auto traced = call.solver().traced(size);
  const bool closed = end && *end > start && *end < (std::int64_t{1} << 31);
  const std::int64_t times = std::max<std::int64_t>(size.coefficient().value_or(1), 1);
  const bool part =
      traced && start % times == 0 && RuleCall::may_stem_from(start / times, *traced / times);
  const bool own =
      traced && !closed && start < *traced && !part && !RuleCall::may_stem_from(start, *traced);
  if (own) return;
  call.lock_to_traced(size, "a slice starts at " + std::to_string(start) +
                                ", which cannot be told from a place in the dummy input");
}

void slice(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number("dim");
  if (!sizes || sizes->empty() || !dim) return;
  Dimension& size = (*sizes)[call.wrap(*dim, sizes->size())];
  if (const std::int64_t step = call.number("step").value_or(1); step != 1) {
    const auto traced = call.solver().traced(size);
    const bool several = size.symbols().size() > 1;
    if (call.depends_on_input(size) && step > 2 &&
        (several || (!traced || RuleCall::may_stem_from(step, *traced)))) {
      call.hold("every " + std::to_string(step) +
                ". is taken, which cannot be told from the dummy input's size");
    }
    size = call.solver().derived("every " + std::to_string(call.number("step").value_or(0)), size,
                                 Dimension::of(0), std::nullopt);
    call.give(std::move(*sizes));
    return;
  }
  const std::optional<std::size_t> start_at = call.argument("start");
  const std::optional<std::size_t> end_at = call.argument("end");
  if (!start_at || !end_at) return;
  const std::optional<Dimension> end = slice_end(call, *end_at, size);
  if (!end) return;
  Dimension start = Dimension::of(0);
  if (const auto number = call.number(*start_at)) {
    start = *number < 0 ? size + Dimension::of(*number) : Dimension::of(*number);
    check_start(call, size, *number, call.number(*end_at));
    if (*number < 0) call.hold_from_end(size, *number);
    call.set_start(*end, *number);
    const auto rows = size.literal();
    if (rows && *number == 0) call.limit(*end, *rows);
  } else if (!call.constant(*start_at)) {
    const std::optional<Dimension> content = call.value(*start_at).content;
    if (!content) return;
    start = call.solver().resolve(*content);
  }
  const bool all = *end - start == size;
  size = *end - start;
  call.give(AbstractValue{
      std::move(sizes), {}, {}, {}, all ? call.value(0).last : std::optional<Dimension>()});
}

void select(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  if (!sizes || sizes->empty() || !dim) return;
  const std::size_t at = call.wrap(*dim, sizes->size());
  if (const auto row = call.number(std::size_t{2})) {
    call.take_row((*sizes)[at], *row);
    if ((*sizes)[at].literal() && !call.has_input(call.node().inputs[0])) {
      call.hold_number(*row, "a row of a table", true);
    }
  }
  sizes->erase(sizes->begin() + static_cast<std::ptrdiff_t>(at));
  call.give(std::move(*sizes));
}

void narrow(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  if (!sizes || sizes->empty() || !dim) return;
  Dimension& size = (*sizes)[call.wrap(*dim, sizes->size())];
  const SitePurpose purpose =
      call.depends_on_input(size) ? SitePurpose::kSliceOfInput : SitePurpose::kSliceOfConstant;
  const auto length = call.size_argument(3, purpose, size);
  if (!length) return;
  const auto from = call.number(std::size_t{2});
  if (from && *from >= 0) {
    check_start(call, size, *from, *from + call.number(std::size_t{3}).value_or(0));
    call.set_start(*length, 0);
  } else if (from) {
    call.hold_from_end(size, *from);
  }
  size = *length;
  call.give(std::move(*sizes));
}

void give_list(RuleCall& call, const std::vector<Dimensions>& parts) {
  AbstractValue list;
  list.items.emplace();
  for (const Dimensions& part : parts) list.items->push_back({part, {}, {}, {}});
  call.give(std::move(list));
}

/// split, chunk: pieces of a size that is the model's own; of the input's size only the ranks are
/// known.
void split(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto count = call.numbers(1);
  const std::size_t dim_at = call.argument("dim").value_or(2);
  if (!sizes || sizes->empty() || !count || count->empty()) return;
  const std::size_t dim = call.wrap(call.number(dim_at).value_or(0), sizes->size());
  const Dimension& size = (*sizes)[dim];
  const auto literal = size.literal();
  const bool chunks = call.name().ends_with("chunk");
  std::vector<std::int64_t> pieces;
  if (count->size() > 1 || call.name() == "aten::split_with_sizes") {
    pieces = *count;
  } else if (literal && (*count)[0] > 0) {
    const std::int64_t n = (*count)[0];
    const std::int64_t piece = chunks ? (*literal + n - 1) / n : n;
    for (std::int64_t at = 0; at < *literal && piece > 0; at += piece) {
      pieces.push_back(std::min(piece, *literal - at));
    }
  }
  if (!literal) {
    // Taken apart into single pieces: their number is checked when it runs. Small pieces, or many,
    // are no part of the dummy input's size.
    const std::size_t taken = call.unpacked_into();
    const bool pieces_only = count->size() == 1 && taken > 0 && !call.is_batch(size) &&
                             ((*count)[0] <= 2 || (taken > 3 && (*count)[0] < 8));
    const bool harmless = chunks || pieces_only || (count->size() == 1 && (*count)[0] == 1);
    const auto traced = call.solver().traced(size);
    if (call.depends_on_input(size) && !harmless) {
      std::int64_t total = 0;
      for (const std::int64_t piece : pieces) total += piece;
      call.lock(size, traced.value_or(total > 0 ? total : kNoSize), false,
                "the input is split into pieces of sizes that the code holds");
    }
    return;
  }
  std::vector<Dimensions> parts;
  for (const std::int64_t piece : pieces) {
    parts.push_back(*sizes);
    parts.back()[dim] = Dimension::of(piece);
  }
  give_list(call, parts);
}

void unbind(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes || sizes->empty()) return;
  const std::size_t dim = call.wrap(call.number("dim").value_or(0), sizes->size());
  const auto literal = (*sizes)[dim].literal();
  if (!literal || *literal > 4096) return;  // of the input's size: taking it apart checks the count
  sizes->erase(sizes->begin() + static_cast<std::ptrdiff_t>(dim));
  give_list(call, std::vector<Dimensions>(static_cast<std::size_t>(*literal), *sizes));
}

void pad(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto amounts = call.numbers(1);
  if (!sizes || !amounts || amounts->size() > 2 * sizes->size()) return;
  for (std::size_t i = 0; i + 1 < amounts->size(); i += 2) {
    Dimension& size = (*sizes)[sizes->size() - 1 - i / 2];
    const std::int64_t added = (*amounts)[i] + (*amounts)[i + 1];
    const bool even = (*amounts)[i] == (*amounts)[i + 1];
    if (call.depends_on_input(size) && std::abs(added) > 1 &&
        (call.solver().traced(size) || !even)) {
      call.lock_to_traced(size, "the input is padded by " + std::to_string(added) +
                                    ", which cannot be told from what the dummy input lacked");
    }
    size = size + Dimension::of(added);
  }
  call.give(std::move(*sizes));
}

/// Windows at places that the code holds as numbers. A step over a whole row of a contiguous tensor
/// tells how long the rows of the dummy input were.
void as_strided(RuleCall& call) {
  const std::string reason = "windows of the input at places that the code holds as numbers";
  const std::optional<Dimensions> from = call.dims(0);
  const auto sizes = call.numbers(1);
  const auto strides = call.numbers(2);
  if (!call.has_input(call.node().inputs[0])) return;
  const bool rows = from && from->size() == 3 && sizes && strides && !strides->empty();
  const std::int64_t width = rows ? from->back().literal().value_or(0) : 0;
  const std::int64_t step = width > 0 ? strides->front() : 0;
  if (step > width && step % width == 0 && !call.solver().traced(from->front())) {
    call.lock((*from)[0], sizes->front(), false, reason);
    call.lock((*from)[1], step / width, false, reason);
    return;
  }
  call.hold(reason);
}

}  // namespace

void add_view_rules(ShapeRules& rules) {
  for (const char* const name : {"aten::view", "aten::reshape", "aten::_unsafe_view"}) {
    rules.emplace(name, view);
  }
  rules.emplace("aten::view_as", view_as);
  rules.emplace("aten::reshape_as", view_as);
  rules.emplace("aten::permute", permute);
  for (const char* const name : {"aten::transpose", "aten::t", "aten::swapaxes", "aten::swapdims",
                                 "aten::numpy_T", "aten::mT", "aten::transpose_", "aten::t_"}) {
    rules.emplace(name, transpose);
  }
  rules.emplace("aten::unsqueeze", unsqueeze);
  rules.emplace("aten::squeeze", squeeze);
  rules.emplace("aten::flatten", flatten);
  rules.emplace("aten::unflatten", unflatten);
  rules.emplace("aten::expand", expand);
  rules.emplace("aten::broadcast_to", expand);
  rules.emplace("aten::expand_as", expand_as);
  rules.emplace("aten::slice", slice);
  rules.emplace("aten::select", select);
  rules.emplace("aten::narrow", narrow);
  for (const char* const name : {"aten::split", "aten::split_with_sizes", "aten::chunk",
                                 "aten::unsafe_split", "aten::unsafe_chunk"}) {
    rules.emplace(name, split);
  }
  rules.emplace("aten::unbind", unbind);
  rules.emplace("aten::pad", pad);
  rules.emplace("aten::constant_pad_nd", pad);
  rules.emplace("aten::as_strided", as_strided);
}

}  // namespace henson::runtime
