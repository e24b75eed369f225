// Sizes of what is computed element by element, of reductions, and of what is made of sizes.
#include "runtime/operators/shape_rules.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/operators/operator.h"

namespace henson::runtime::shapes {
namespace {

/// Whether the result holds whole numbers as they are: narrow ones wrap.
bool holds_numbers(Inference& call) {
  if (call.op().schema.results[0].kind != TypeKind::kTensor) return true;
  const std::optional<DType> dtype = call.result().dtype;
  return dtype == DType::kInt64 || dtype == DType::kInt32;
}

/// Whether an argument is a tensor; nothing where that is not known.
std::optional<bool> takes_part(const Inference& call, std::size_t i) {
  if (call.is_tensor(i)) return true;
  if (i >= call.op().schema.arguments.size()) return false;
  const Type& type = call.op().schema.arguments[i].type;
  if (type.kind == TypeKind::kTensor) return true;
  const bool may_be =
      type.kind == TypeKind::kOptional && type.elements[0].kind == TypeKind::kTensor;
  if (!may_be || call.arg(i).kind == TypeKind::kNone || call.is_none(i)) return false;
  return std::nullopt;
}

bool one_element(const Fact& fact) {
  return fact.dims && std::all_of(fact.dims->begin(), fact.dims->end(),
                                  [](const Dimension& size) { return size.is_one(); });
}

/// The two operands of arithmetic on sizes, when both are known and the result is a number too.
struct Operands {
  Dimension a;
  Dimension b;
};
std::optional<Operands> operands(Inference& call) {
  if (call.size() < 2) return std::nullopt;
  const bool tensors = call.is_tensor(0) || call.is_tensor(1);
  if (tensors && !one_element(call.result())) return std::nullopt;
  const std::optional<Dimension> a = call.number(0);
  const std::optional<Dimension> b = call.number(1);
  if (!a || !b) return std::nullopt;
  return Operands{*a, *b};
}

std::optional<Operands> whole_operands(Inference& call) {
  return holds_numbers(call) ? operands(call) : std::nullopt;
}

void apply(Inference& call, SizeFunction function) {
  elementwise(call);
  if (const auto sizes = whole_operands(call)) {
    call.result().number = call.domain().apply(function, sizes->a, sizes->b);
  }
}

/// The factor of the second operand.
std::optional<Dimension> scale_of(const Inference& call) {
  const std::optional<std::int64_t> alpha = call.integer("alpha", 1);
  return alpha ? std::optional(Dimension::of(*alpha)) : std::nullopt;
}

}  // namespace

void same(Inference& call) {
  for (std::size_t i = 0; i < call.result_count(); ++i) {
    call.result(i).dims = call.dims(0);
    call.result(i).least_rank = call.arg(0).least_rank;
  }
}

void same_elements(Inference& call) {
  same(call);
  const Fact& self = call.arg(0);
  Fact& result = call.result();
  if (holds_numbers(call)) result.number = call.number(0);
  result.summed_over = self.summed_over;
  result.last = self.last;
}

void itself(Inference& call) {
  const Fact type = call.result();
  call.result() = call.arg(0);
  call.result().dtype = type.dtype;
  call.result().floating = type.floating;
}

void elementwise(Inference& call) {
  std::optional<Dimensions> sizes = Dimensions{};
  std::size_t least_rank = 0;
  bool tensors = false;
  for (std::size_t i = 0; i < call.size(); ++i) {
    const std::optional<bool> part = takes_part(call, i);
    if (part == false) continue;
    tensors = true;
    if (part) least_rank = std::max(least_rank, call.arg(i).least_rank);
    const std::optional<Dimensions> own = call.dims(i);
    sizes = own && sizes ? std::optional(call.broadcast(*sizes, *own)) : std::nullopt;
  }
  if (!tensors) return;
  for (std::size_t i = 0; i < call.result_count(); ++i) {
    call.result(i).dims = sizes;
    call.result(i).least_rank = least_rank;
  }
}

void sum(Inference& call) {
  elementwise(call);
  const std::optional<Dimension> scale = scale_of(call);
  if (!scale) return;
  if (const auto sizes = whole_operands(call)) {
    call.result().number = sizes->a + *scale * sizes->b;
  }
  if (call.arg(0).last && call.number(1)) {
    call.result().last = *call.arg(0).last + *scale * *call.number(1);
  }
}

void difference(Inference& call) {
  elementwise(call);
  const std::optional<Dimension> scale = scale_of(call);
  const auto sizes = whole_operands(call);
  if (scale && sizes) call.result().number = sizes->a - *scale * sizes->b;
}

void reverse_difference(Inference& call) {
  elementwise(call);
  const std::optional<Dimension> scale = scale_of(call);
  const auto sizes = whole_operands(call);
  if (scale && sizes) call.result().number = sizes->b - *scale * sizes->a;
}

void product(Inference& call) {
  elementwise(call);
  if (const auto sizes = whole_operands(call)) call.result().number = sizes->a * sizes->b;
}

void quotient(Inference& call) {
  elementwise(call);
  if (const auto sizes = operands(call)) {
    call.result().number = call.domain().apply(SizeFunction::kTrueDivide, sizes->a, sizes->b);
  }
}

void floor_quotient(Inference& call) { apply(call, SizeFunction::kFloorDivide); }
void remainder(Inference& call) { apply(call, SizeFunction::kRemainder); }
void smaller(Inference& call) { apply(call, SizeFunction::kMin); }
void larger(Inference& call) { apply(call, SizeFunction::kMax); }

void trunc_quotient(Inference& call) {
  elementwise(call);
  const auto sizes = whole_operands(call);
  if (!sizes) return;
  for (const auto& [product, factor] : sizes->a.terms()) {
    if (factor.numerator < 0) return;  // below zero it is not the one rounded down
  }
  call.result().number = call.domain().apply(SizeFunction::kFloorDivide, sizes->a, sizes->b);
}

void rounded_quotient(Inference& call) {
  const std::optional<std::size_t> mode = call.place("rounding_mode");
  const Value* const constant = mode ? call.arg(*mode).constant : nullptr;
  if (constant == nullptr) return elementwise(call);
  if (constant->is_none()) return quotient(call);
  if (!constant->is<std::string>()) throw Mismatch{};
  return constant->as<std::string>() == "floor" ? floor_quotient(call) : trunc_quotient(call);
}

void negative(Inference& call) {
  if (call.is_tensor(0)) same(call);
  const auto number = call.number(0);
  if (!number || !holds_numbers(call)) return;
  call.result().number = Dimension::of(-1) * *number;
}

void scalar(Inference& call) { call.give({}); }

namespace {

/// Which dimensions a reduction takes; nothing when that is not known.
std::optional<std::vector<bool>> reduced_dimensions(Inference& call, std::size_t rank) {
  const std::optional<std::size_t> place = call.place("dim");
  if (!place || call.is_none(*place)) return std::vector<bool>(rank, true);
  const auto dims = call.integers(*place);
  if (!dims) return std::nullopt;
  std::vector<bool> chosen(rank, dims->empty());
  for (const std::int64_t dim : *dims) {
    const std::size_t at = Inference::wrap(dim, rank);
    if (rank > 0) chosen[at] = true;
  }
  return chosen;
}

}  // namespace

namespace {

/// Of a tensor of unknown sizes.
void give_reduced_rank(Inference& call, bool keeps) {
  const std::optional<std::size_t> place = call.place("dim");
  const bool all = !place || call.is_none(*place);
  if (all && !keeps) return call.give({});
  const std::size_t least = call.arg(0).least_rank;
  const auto dims = all ? std::nullopt : call.integers(*place);
  const std::size_t gone = keeps ? 0 : !dims || dims->empty() ? least : dims->size();
  for (std::size_t i = 0; i < call.result_count(); ++i) {
    call.result(i).least_rank = least > gone ? least - gone : 0;
  }
}

}  // namespace

void reduced(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<bool> keeps = call.flag("keepdim");
  if (!keeps) return;
  if (!sizes) return give_reduced_rank(call, *keeps);
  const auto chosen = reduced_dimensions(call, sizes->size());
  if (!chosen) return;
  Dimensions result;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (!(*chosen)[d]) result.push_back((*sizes)[d]);
    if ((*chosen)[d] && *keeps) result.push_back(Dimension::of(1));
  }
  call.give(result);
}

void summed(Inference& call) {
  reduced(call);
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes || !call.result().dims) return;
  const auto chosen = reduced_dimensions(call, sizes->size());
  Dimension over = Dimension::of(1);
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if ((*chosen)[d]) over = over * (*sizes)[d];
  }
  if (!call.domain().is_fixed(over)) call.result().summed_over = over;
}

void best(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::int64_t> dim = call.integer("dim", -1);
  if (!sizes || !dim) return;
  const std::size_t at = Inference::wrap(*dim, sizes->size());
  if (sizes->empty()) return call.give({});  // of a number it is the number
  const std::optional<std::int64_t> count = call.integer(1);
  if (count && *count < 0) throw Mismatch{};
  if (count) call.domain().saw_best((*sizes)[at], *count);
  const std::optional<Dimension> number = call.number(1);
  (*sizes)[at] = number ? *number : call.domain().unknown();
  call.give(*sizes);
}

void size_of(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  if (call.size() < 2) {
    call.result().items.emplace();
    for (const Dimension& size : *sizes) {
      Fact item;
      item.kind = TypeKind::kInt;
      item.number = size;
      call.result().items->push_back(std::move(item));
    }
    return;
  }
  const std::optional<std::int64_t> dim = call.integer(1);
  if (!dim) return;
  const std::size_t at = Inference::wrap(*dim, sizes->size());
  if (at < sizes->size()) call.result().number = (*sizes)[at];
}

void shape_tensor(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) call.give({Dimension::of(static_cast<std::int64_t>(sizes->size()))});
}

void element_count(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  Dimension count = Dimension::of(1);
  for (const Dimension& size : *sizes) count = count * size;
  call.result().number = count;
}

void rank_of(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) call.result().number = Dimension::of(static_cast<std::int64_t>(sizes->size()));
}

void length(Inference& call) {
  if (!call.is_tensor(0)) {
    const auto& items = call.arg(0).items;
    if (items) call.result().number = Dimension::of(static_cast<std::int64_t>(items->size()));
    return;
  }
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes && !sizes->empty()) call.result().number = sizes->front();
}

void same_number(Inference& call) {
  if (call.op().schema.results[0].kind == TypeKind::kTensor) {
    call.give({});
    if (!holds_numbers(call)) return;
  }
  call.result().number = call.number(0);
}

void list_item(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  const std::optional<std::int64_t> at = call.integer(1);
  if (!items || !at) return;
  const std::size_t place = Inference::wrap(*at, items->size());
  if (place >= items->size()) throw Mismatch{};
  const std::optional<DType> dtype = call.result().dtype;
  call.result() = (*items)[place];
  if (!call.result().dtype) call.result().dtype = dtype;
}

void created(Inference& call) {
  const std::optional<std::size_t> place = call.place("size");
  const auto sizes = place ? call.size_list(*place, SitePurpose::kCreate) : std::nullopt;
  if (!sizes) return;
  Dimensions dims;
  for (const auto& size : *sizes) {
    if (!size) throw Mismatch{};
    dims.push_back(*size);
  }
  call.give(dims);
}

void identity(Inference& call) {
  const auto rows = call.size_argument(0, SitePurpose::kCreate);
  const std::optional<std::size_t> m = call.place("m");
  const auto columns = m ? call.size_argument(*m, SitePurpose::kCreate) : rows;
  if (!rows || !columns) return;
  if (call.integer(0) == 1) call.domain().saw_identity_of_one();
  call.give({*rows, *columns});
}

namespace {

/// Whether an argument of arange is a whole number: others round the count.
bool is_whole(const Inference& call, std::optional<std::size_t> place) {
  return !place || call.arg(*place).number.has_value();
}

/// Tells of numbers that are bounds, where no formula is made of them.
void tell_bounds(Inference& call, std::optional<std::size_t> start, std::size_t end,
                 std::optional<std::int64_t> stride) {
  if (!stride) {  // in steps of a size: the starts of the dummy's rows, perhaps
    const std::optional<std::int64_t> last = call.integer(end);
    if (last && *last >= 2) call.domain().saw_total(*last);
    return;
  }
  for (const auto& bound : {start ? call.integer(*start) : std::nullopt, call.integer(end)}) {
    if (bound) call.domain().saw_count(*bound);
  }
}

}  // namespace

void counted(Inference& call) {
  const std::optional<std::size_t> start = call.place("start");
  const std::optional<std::size_t> end = call.place("end");
  const std::optional<std::int64_t> stride = call.integer("step", 1);
  if (!end) return;
  const std::optional<std::int64_t> from =
      start ? call.integer(*start) : std::optional(std::int64_t{0});
  if (stride != 1 || from < 0) tell_bounds(call, start, *end, stride);
  Dimensions open = {call.domain().unknown()};
  if (stride != 1 || !is_whole(call, start) || !is_whole(call, end)) return call.give(open);
  const std::optional<Dimension> first = start ? call.number(*start) : Dimension::of(0);
  const std::optional<Dimension> last = call.size_argument(*end, SitePurpose::kCreate);
  if (!first || !last) return call.give(open);
  const Dimension count = *last - *first;
  if (count.literal() && *count.literal() < 0) throw Mismatch{};
  call.give({count});
  call.result().last = *last - Dimension::of(1);
}

}  // namespace henson::runtime::shapes
