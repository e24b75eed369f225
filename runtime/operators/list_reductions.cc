// Sums, extremes and order of lists of numbers.
#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

bool less(const Value& a, const Value& b) {
  if (a.is<std::string>() && b.is<std::string>()) return a.as<std::string>() < b.as<std::string>();
  const Value pair[] = {a, b};
  const Call call(system_memory(), pair, {});
  const Scalar x = call.scalar(0);
  const Scalar y = call.scalar(1);
  return is_floating(x) || is_floating(y) ? to_double(x) < to_double(y) : to_int(x) < to_int(y);
}
bool greater(const Value& a, const Value& b) { return less(b, a); }

using Order = bool (*)(const Value&, const Value&);

/// The first item that no later one comes before.
template <Order before>
void extreme_kernel(Call& call) {
  const std::vector<Value>& list = list_items(call, 0);
  if (list.empty()) fail("max() or min() of an empty list");
  const Value* best = &list[0];
  for (const Value& item : list) {
    if (before(item, *best)) best = &item;
  }
  call.give(*best);
}

/// The list that comes first, item by item.
template <Order before>
void extreme_list_kernel(Call& call) {
  const std::vector<Value>& a = list_items(call, 0);
  const std::vector<Value>& b = list_items(call, 1);
  const bool second =
      before == less ? std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(), less)
                     : std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
  call.give(call.arg(second ? 1 : 0));
}

void sum_of_ints(Call& call) {
  std::uint64_t sum = 0;
  for (const std::int64_t item : call.ints(0)) sum += static_cast<std::uint64_t>(item);
  call.give(static_cast<std::int64_t>(sum));
}

double number_of(const Value& value) { return Call(system_memory(), {&value, 1}, {}).number(0); }

void sum_of_floats(Call& call) {
  double sum = 0;
  for (const Value& item : list_items(call, 0)) sum += number_of(item);
  call.give(sum);
}

bool is_true(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  return number_of(value) != 0;
}

void all_kernel(Call& call) {
  call.give(std::all_of(list_items(call, 0).begin(), list_items(call, 0).end(), is_true));
}

void any_kernel(Call& call) {
  call.give(std::any_of(list_items(call, 0).begin(), list_items(call, 0).end(), is_true));
}

void sorted_kernel(Call& call) {
  std::vector<Value> list = list_items(call, 0);
  std::stable_sort(list.begin(), list.end(), less);
  call.give(Value::list(std::move(list)));
}

/// The numbers of a list, as far as all are known.
std::optional<Dimensions> numbers_of(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  if (!items) return std::nullopt;
  Dimensions numbers;
  for (const Fact& item : *items) {
    if (!item.number) return std::nullopt;
    numbers.push_back(call.domain().resolve(*item.number));
  }
  return numbers;
}

template <SizeFunction kFunction>
void extreme_number(Inference& call) {
  const std::optional<Dimensions> numbers = numbers_of(call);
  if (!numbers) return;
  if (numbers->empty()) throw Mismatch{};
  std::optional<Dimension> best = numbers->front();
  for (std::size_t i = 1; i < numbers->size() && best; ++i) {
    best = call.domain().apply(kFunction, *best, (*numbers)[i]);
  }
  call.result().number = best;
}

void total_number(Inference& call) {
  const std::optional<Dimensions> numbers = numbers_of(call);
  if (!numbers) return;
  Dimension total = Dimension::of(0);
  for (const Dimension& number : *numbers) {
    total = total + number;
  }
  call.result().number = total;
}

/// A list as long as the first argument.
void as_long(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  if (!items) return;
  Fact item;
  if (!items->empty()) item.kind = items->front().kind;
  call.result().items.emplace(items->size(), item);
}

}  // namespace

void register_list_reductions(OperatorTable& table) {
  for (const std::string type : {"int", "float", "bool"}) {
    const std::string list = "(" + type + "[] self)";
    const std::string lists = "(" + type + "[] l, " + type + "[] r) -> " + type + "[]";
    table.add("prim::max.self_" + type + list + " -> " + type, extreme_kernel<greater>,
              {nullptr, type == "int" ? extreme_number<SizeFunction::kMax> : nullptr});
    table.add("prim::min.self_" + type + list + " -> " + type, extreme_kernel<less>,
              {nullptr, type == "int" ? extreme_number<SizeFunction::kMin> : nullptr});
    table.add("prim::max." + type + "_list" + lists, extreme_list_kernel<greater>, kNoRule);
    table.add("prim::min." + type + "_list" + lists, extreme_list_kernel<less>, kNoRule);
    table.add("aten::sum." + type + list + (type == "float" ? " -> float" : " -> int"),
              type == "float" ? sum_of_floats : sum_of_ints,
              {nullptr, type == "int" ? total_number : nullptr});
    table.add("aten::all." + type + list + " -> bool", all_kernel, kNoRule);
    table.add("aten::any." + type + list + " -> bool", any_kernel, kNoRule);
    table.add("aten::sorted." + type + "(" + type + "[] input) -> " + type + "[]", sorted_kernel,
              {nullptr, as_long});
  }
  table.add("aten::any.str(str[] self) -> bool", any_kernel, kNoRule);
  table.add("aten::sorted.str(str[] input) -> str[]", sorted_kernel, {nullptr, as_long});
}

}  // namespace henson::runtime
