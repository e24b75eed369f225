// Sizes as numbers: size(x, d), arithmetic on them, and tensors made of them.
#include <algorithm>
#include <cstdlib>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

void size_of_tensor(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  if (call.size() < 2) {
    AbstractValue list;
    list.items.emplace();
    for (const Dimension& size : *sizes) list.items->push_back({{}, size, {}, {}});
    call.give(std::move(list));
    return;
  }
  const std::optional<std::int64_t> dim = call.number(std::size_t{1});
  if (dim) call.give_content((*sizes)[call.wrap(*dim, sizes->size())], false);
}

void shape_as_tensor(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) call.give(Dimensions{Dimension::of(static_cast<std::int64_t>(sizes->size()))});
}

void element_count(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  Dimension count = Dimension::of(1);
  for (const Dimension& size : *sizes) count = count * size;
  call.give_content(count, false);
}

void length(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes && !sizes->empty()) call.give_content(sizes->front(), false);
}

void number_to_tensor(RuleCall& call) { call.give_content(call.value(0).content, true); }
void tensor_to_number(RuleCall& call) { call.give_content(call.value(0).content, false); }

void list_item(RuleCall& call) {
  const std::optional<std::vector<AbstractValue>>& items = call.value(0).items;
  const std::optional<std::int64_t> at = call.number(std::size_t{1});
  if (!items || !at) return;
  call.give((*items)[call.wrap(*at, items->size())]);
}

/// zeros(size), full(size, value), new_ones(self, size), …
void create(RuleCall& call) {
  const std::optional<std::size_t> size = call.argument("size");
  if (!size) return;
  const auto sizes = call.size_list(*size, SitePurpose::kCreate);
  if (!sizes) return;
  Dimensions dims;
  for (const auto& entry : *sizes) {
    if (!entry) throw Contradiction{};
    dims.push_back(*entry);
  }
  call.give(std::move(dims));
}

void eye(RuleCall& call) {
  const auto rows = call.size_argument(0, SitePurpose::kCreate);
  const std::optional<std::size_t> m = call.argument("m");
  const auto columns = m ? call.size_argument(*m, SitePurpose::kCreate) : rows;
  if (!rows || !columns) return;
  if (call.number(std::size_t{0}) == 1) call.hold_batch_of_one("eye(1), of a batch of one perhaps");
  if (!m) return call.give(Dimensions{*rows, *rows});
  call.give(Dimensions{*rows, *columns});
}

/// arange(0, 14, n): the starts of the dummy's rows, one after the other, perhaps.
void steps_to_number(RuleCall& call, std::size_t end) {
  const std::optional<std::int64_t> last = call.number(end);
  if (!last || *last < 2) return;
  call.hold_total(*last, "a count in steps of a size ends at " + std::to_string(*last) +
                             ", which cannot be told from the dummy input's size");
}

void arange(RuleCall& call) {
  const std::optional<std::size_t> end = call.argument("end");
  const std::optional<std::size_t> start = call.argument("start");
  const std::optional<std::size_t> step = call.argument("step");
  if (!end) return;
  const std::int64_t from = start ? call.number(*start).value_or(-1) : 0;
  const bool from_zero = !start || from == 0;
  if (step && !call.constant(*step)) return steps_to_number(call, *end);
  const std::int64_t stride = step ? call.number(*step).value_or(0) : 1;
  if (stride != 1 || from < 0) {
    for (const auto& bound : {start ? call.number(*start) : std::nullopt, call.number(*end)}) {
      if (bound) call.hold_number(std::abs(*bound), "a count from or to", false);
    }
    if (stride != 1) return;
  }
  if (from_zero) {
    if (const auto size = call.size_argument(*end, SitePurpose::kCreate)) {
      call.give(AbstractValue{Dimensions{*size}, {}, {}, {}, *size - Dimension::of(1)});
    }
    return;
  }
  const std::optional<Dimension> last = call.value(*end).content;
  const std::optional<Dimension> first = call.value(*start).content;
  if (!first || !last) return;
  const Dimension count = call.solver().resolve(*last) - call.solver().resolve(*first);
  if (const std::optional<std::int64_t> literal = count.literal()) {
    // arange(2, 9): as many as the dummy input had, perhaps; its end is then the input's size and
    // two.
    if (const auto size = call.size_argument(*end, SitePurpose::kCreate)) {
      call.give(AbstractValue{
          Dimensions{*size - Dimension::of(from)}, {}, {}, {}, *size - Dimension::of(1)});
      return;
    }
    call.give(Dimensions{Dimension::of(*literal)});
    return;
  }
  call.give(AbstractValue{
      Dimensions{count}, {}, {}, {}, call.solver().resolve(*last) - Dimension::of(1)});
}

void number_arithmetic(RuleCall& call) {
  if (call.is_tensor(0) || (call.size() > 1 && call.is_tensor(1))) return;
  const std::optional<Dimension> a = call.value(0).content;
  const std::optional<Dimension> b = call.size() > 1 ? call.value(1).content : std::nullopt;
  if (!a) return;
  if (call.name() == "aten::neg") {
    call.give_content(Dimension::of(-1) * call.solver().resolve(*a), false);
  } else if (b) {
    const Dimension x = call.solver().resolve(*a);
    const Dimension y = call.solver().resolve(*b);
    call.give_content(call.solver().derived(call.name(), x, y, std::nullopt), false);
  }
}

}  // namespace

void add_number_rules(ShapeRules& rules) {
  rules.emplace("aten::size", size_of_tensor);
  rules.emplace("aten::_shape_as_tensor", shape_as_tensor);
  rules.emplace("aten::numel", element_count);
  rules.emplace("aten::len", length);
  rules.emplace("prim::NumToTensor", number_to_tensor);
  rules.emplace("aten::scalar_tensor", number_to_tensor);
  for (const char* const name : {"aten::Int", "aten::IntImplicit", "aten::ScalarImplicit",
                                 "aten::item", "aten::_local_scalar_dense"}) {
    rules.emplace(name, tensor_to_number);
  }
  rules.emplace("aten::__getitem__", list_item);
  for (const char* const name : {"zeros", "ones", "full", "empty", "new_zeros", "new_ones",
                                 "new_full", "new_empty", "rand", "randn"}) {
    rules.emplace(std::string("aten::") + name, create);
  }
  rules.emplace("aten::arange", arange);
  rules.emplace("aten::eye", eye);
  for (const char* const name : {"aten::neg", "aten::floordiv", "prim::min", "prim::max"}) {
    rules.emplace(name, number_arithmetic);
  }
}

}  // namespace henson::runtime
