// Strings, and lists as values.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "henson/error.h"
#include "loader/limits.h"
#include "runtime/operators/fact_items.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

bool same_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_value);
}

std::size_t position(std::int64_t index, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t wrapped = index < 0 ? index + count : index;
  if (wrapped < 0 || wrapped >= count) fail("list index out of range");
  return static_cast<std::size_t>(wrapped);
}

/// start:end:step.
struct Slice {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> end;
  std::int64_t step = 1;
};

/// The positions that a slice selects, clamped as Python does.
std::vector<std::size_t> sliced(const Slice& slice, std::size_t size) {
  const std::int64_t step = slice.step;
  const auto count = static_cast<std::int64_t>(size);
  const bool forward = step > 0;
  const auto bound = [&](std::optional<std::int64_t> at, std::int64_t missing) {
    if (!at) return missing;
    if (*at < 0) return std::max<std::int64_t>(*at + count, forward ? 0 : -1);
    return std::min(*at, forward ? count : count - 1);
  };
  const std::int64_t end = bound(slice.end, forward ? count : -1);
  std::vector<std::size_t> chosen;
  for (std::int64_t i = bound(slice.start, forward ? 0 : count - 1); forward ? i < end : i > end;
       i += step) {
    chosen.push_back(static_cast<std::size_t>(i));
    if (step > count || step < -count) break;  // before i overflows
  }
  return chosen;
}

/// Arguments 1 to 3.
Slice slice_of(const Call& call) {
  const Slice slice{call.maybe_integer(1), call.maybe_integer(2), call.integer(3)};
  if (slice.step == 0) fail("slice step cannot be zero");
  return slice;
}

void slice_list(Call& call) {
  const std::vector<Value>& all = list_items(call, 0);
  std::vector<Value> part;
  for (const std::size_t i : sliced(slice_of(call), all.size())) part.push_back(all[i]);
  call.give(Value::list(std::move(part)));
}

void slice_string(Call& call) {
  const std::string all = call.string(0);
  std::string part;
  for (const std::size_t i : sliced(slice_of(call), all.size())) part += all[i];
  call.give(part);
}

void join_lists(Call& call) {
  std::vector<Value> joined = list_items(call, 0);
  const std::vector<Value>& more = list_items(call, 1);
  if (joined.size() + more.size() > limits::kMaxParts) {
    fail("two lists joined to " + std::to_string(joined.size() + more.size()) +
         " items are too long");
  }
  Charge charge = call.memory().charge((joined.size() + more.size()) * sizeof(Value));
  joined.insert(joined.end(), more.begin(), more.end());
  call.give(Value::list(std::move(joined), std::move(charge)));
}

using Facts = std::vector<Fact>;

/// Of a list, or of one of its items.
void list_type(Inference& call) {
  Fact type = dtypes::type_of(call.arg(0));
  const std::optional<Facts>& items = call.arg(0).items;
  const std::optional<std::int64_t> at = call.integer(1);
  const bool item = call.op().schema.results[0].kind != TypeKind::kList;
  if (item && items && !items->empty() && at) {
    type = dtypes::type_of((*items)[Inference::wrap(*at, items->size())]);
  }
  dtypes::give(call, type);
}

void sliced_items(Inference& call) {
  const std::optional<Facts>& items = call.arg(0).items;
  Slice slice;
  const std::optional<std::int64_t> step = call.integer(3);
  if (step == 0) throw Mismatch{};
  if (!items || !step) return;
  slice.step = *step;
  for (const auto& [argument, bound] :
       {std::pair{std::size_t{1}, &slice.start}, std::pair{std::size_t{2}, &slice.end}}) {
    *bound = call.integer(argument);
    if (!*bound && !call.is_none(argument)) return;
  }
  call.result().items.emplace();
  for (const std::size_t i : sliced(slice, items->size())) {
    call.result().items->push_back((*items)[i]);
  }
}

/// The items of both lists have one type where all of them have it.
void joined_type(Inference& call) {
  const Fact a = dtypes::type_of(call.arg(0));
  const Fact b = dtypes::type_of(call.arg(1));
  Fact type;
  if (a.dtype == b.dtype) type.dtype = a.dtype;
  if (a.floating == b.floating) type.floating = a.floating;
  dtypes::give(call, type);
}

/// A fact about an item, told of the type of its list where nothing is told of its own.
Fact item_of(const Fact& list, std::size_t i) {
  Fact item = (*list.items)[i];
  if (!item.dtype) item.dtype = list.dtype;
  if (!item.floating) item.floating = list.floating;
  return item;
}

void joined_items(Inference& call) {
  if (!call.arg(0).items || !call.arg(1).items) return;
  ItemCollector items;
  for (const std::size_t list : {std::size_t{0}, std::size_t{1}}) {
    for (std::size_t i = 0; i < call.arg(list).items->size(); ++i) {
      items.add(item_of(call.arg(list), i));
    }
  }
  call.result().items = items.take();
}

/// A list repeated as often as another argument says.
template <std::size_t kList>
void repeated_items(Inference& call) {
  const std::optional<Facts>& items = call.arg(kList).items;
  const std::optional<std::int64_t> times = call.integer(1 - kList);
  if (!items || !times) return;
  ItemCollector repeated;
  for (std::int64_t i = 0; !items->empty() && i < *times; ++i) {
    if (static_cast<std::size_t>(i) > kMostItems) return;
    for (const Fact& item : *items) repeated.add(item);
  }
  call.result().items = repeated.take();
}

Value repeated(Allocator& memory, const std::vector<Value>& list, std::int64_t times) {
  constexpr std::int64_t kMost = 1 << 20;  // items: a list is of sizes or layers
  if (list.empty() || times <= 0) return Value::list({});
  if (times > kMost / static_cast<std::int64_t>(list.size())) {
    fail("a list repeated " + std::to_string(times) + " times is too long");
  }
  Charge charge = memory.charge(list.size() * static_cast<std::size_t>(times) * sizeof(Value));
  std::vector<Value> result;
  for (std::int64_t i = 0; i < times; ++i) result.insert(result.end(), list.begin(), list.end());
  return Value::list(std::move(result), std::move(charge));
}

/// Operators on lists whose items are of one type; results of views share the list's tensors.
void add_list(OperatorTable& table, const std::string& type) {
  const std::string overload = "." + (type == "t" ? type : type + "_list");
  const bool aliases = type == "Tensor";
  const std::string item = aliases ? "Tensor(a)" : type;
  const std::string list = item + "[]";
  table.add("aten::__getitem__" + overload + "(" + list + " list, int idx) -> " + item,
            [](Call& call) {
              const std::vector<Value>& all = list_items(call, 0);
              call.give(all[position(call.integer(1), all.size())]);
            },
            {list_type, shapes::list_item});
  table.add("aten::slice" + overload + "(" + list +
                " l, int? start=None, int? end=None, int step=1) -> " + list,
            slice_list, {list_type, sliced_items});
  table.add("aten::add" + overload + "(" + list + " a, " + list + " b) -> " + list, join_lists,
            {joined_type, joined_items});
  table.add(
      "aten::mul" + overload + "(" + list + " l, int n) -> " + list,
      [](Call& call) { call.give(repeated(call.memory(), list_items(call, 0), call.integer(1))); },
      {dtypes::same<0>, repeated_items<0>});
  table.add(
      "aten::mul" + overload + "_right(int n, " + list + " l) -> " + list,
      [](Call& call) { call.give(repeated(call.memory(), list_items(call, 1), call.integer(0))); },
      {dtypes::same<1>, repeated_items<1>});
  for (const std::string name : {"aten::list", "aten::copy"}) {
    table.add(name + overload + "(" + list + " l) -> " + list,
              [](Call& call) { call.give(Value::list(list_items(call, 0))); },
              {dtypes::same, shapes::itself});
  }
  table.add("aten::len" + overload + "(" + list + " a) -> int",
            [](Call& call) { call.give(static_cast<std::int64_t>(list_items(call, 0).size())); },
            {nullptr, shapes::length});
}

/// Where argument 1 first stands in the list.
std::vector<Value>::const_iterator found(const Call& call) {
  const std::vector<Value>& all = list_items(call, 0);
  return std::find_if(all.begin(), all.end(),
                      [&](const Value& item) { return same_value(item, call.arg(1)); });
}

/// Of lists of numbers and strings.
void add_comparable_list(OperatorTable& table, const std::string& type) {
  const std::string two = "_list(" + type + "[] a, " + type + "[] b) -> bool";
  table.add(
      "aten::eq." + type + two,
      [](Call& call) { call.give(same_items(list_items(call, 0), list_items(call, 1))); }, kNoRule);
  table.add(
      "aten::ne." + type + two,
      [](Call& call) { call.give(!same_items(list_items(call, 0), list_items(call, 1))); },
      kNoRule);
  const std::string one = "(" + type + "[] l, " + type + " item) -> ";
  table.add(
      "aten::__contains__." + type + "_list" + one + "bool",
      [](Call& call) { call.give(found(call) != list_items(call, 0).end()); }, kNoRule);
  table.add(
      "aten::index.list_" + type + one + "int",
      [](Call& call) {
        const auto at = found(call);
        if (at == list_items(call, 0).end()) fail("'" + text_of(call.arg(1)) + "' is not in list");
        call.give(static_cast<std::int64_t>(at - list_items(call, 0).begin()));
      },
      kNoRule);
  table.add(
      "aten::count." + type + one + "int",
      [](Call& call) {
        const std::vector<Value>& all = list_items(call, 0);
        call.give(
            static_cast<std::int64_t>(std::count_if(all.begin(), all.end(), [&](const Value& item) {
              return same_value(item, call.arg(1));
            })));
      },
      kNoRule);
}

/// "3." for whole numbers, else 17 digits.
std::string text_of_float(double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::abs(number) < kTwoTo63 && number == std::trunc(number)) {
    return std::to_string(static_cast<std::int64_t>(number)) + ".";
  }
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

std::string joined(const std::vector<Value>& values, const char* open, const char* close) {
  std::string text = open;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    text += text_of(values[i]);
  }
  return text + close;
}

/// Replaces each {} by the next argument.
void format(Call& call) {
  const std::string pattern = call.string(0);
  std::string text;
  std::size_t used = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "{}") != 0) {
      text += pattern[i];
      continue;
    }
    if (used >= call.size()) fail("Too few arguments for format string: " + pattern);
    text += text_of(call.arg(used++));
    ++i;
  }
  call.give(text);
}

void text_length(Inference& call) {
  const Value* const constant = call.arg(0).constant;
  const auto* text = constant == nullptr ? nullptr : std::get_if<std::string>(constant);
  if (text == nullptr) return;
  call.result().number = Dimension::of(static_cast<std::int64_t>(text->size()));
}

void register_strings(OperatorTable& table) {
  table.add(
      "aten::add.str(str a, str b) -> str",
      [](Call& call) { call.give(call.string(0) + call.string(1)); }, kNoRule);
  table.add("aten::len.str(str s) -> int",
            [](Call& call) { call.give(static_cast<std::int64_t>(call.string(0).size())); },
            {nullptr, text_length});
  table.add(
      "aten::str(Any elem) -> str", [](Call& call) { call.give(text_of(call.arg(0))); }, kNoRule);
  table.add("aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str",
            slice_string, kNoRule);
  table.add(
      "aten::__getitem__.str(str s, int index) -> str",
      [](Call& call) {
        const std::string text = call.string(0);
        call.give(std::string(1, text[position(call.integer(1), text.size())]));
      },
      kNoRule);
  table.add(
      "aten::ord(str string) -> int",
      [](Call& call) {
        const std::string text = call.string(0);
        if (text.size() != 1) fail("String for ord() must be 1 character");
        call.give(static_cast<std::int64_t>(static_cast<unsigned char>(text[0])));
      },
      kNoRule);
  table.add(
      "aten::chr(int i) -> str",
      [](Call& call) {
        const std::int64_t code = call.integer(0);
        if (code < 0 || code > 127) fail("chr() of " + std::to_string(code) + " is not supported");
        call.give(std::string(1, static_cast<char>(code)));
      },
      kNoRule);
  std::string arguments = "str self";
  for (int count = 0; count <= 12; ++count) {  // PyTorch's takes any number
    table.add("aten::format." + std::to_string(count) + "(" + arguments + ") -> str", format,
              kNoRule);
    arguments += ", Any a" + std::to_string(count);
  }
}

/// Two lists of sizes broadcast together.
void broadcast_items(Inference& call) {
  Dimensions sizes[2];
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (!call.arg(i).items) return;
    for (const Fact& item : *call.arg(i).items) {
      if (!item.number) return;
      sizes[i].push_back(call.domain().resolve(*item.number));
    }
  }
  call.result().items.emplace();
  for (Dimension& size : call.broadcast(sizes[0], sizes[1])) {
    Fact item;
    item.kind = TypeKind::kInt;
    item.number = std::move(size);
    call.result().items->push_back(std::move(item));
  }
}

void broadcast_shapes(Call& call) {
  call.give(Value::list_of(broadcast_sizes(call.ints(0), call.ints(1))));
}

}  // namespace

const std::vector<Value>& list_items(const Call& call, std::size_t i) {
  const Value& value = call.arg(i);
  if (value.is<std::shared_ptr<ListValue>>()) return value.as<std::shared_ptr<ListValue>>()->items;
  if (value.is<std::shared_ptr<TupleValue>>()) {
    return value.as<std::shared_ptr<TupleValue>>()->items;
  }
  fail("argument " + std::to_string(i + 1) + " should be a list, and is " + kind_of(value));
}

bool same_value(const Value& a, const Value& b) {
  if (a.is<std::string>() && b.is<std::string>()) return a.as<std::string>() == b.as<std::string>();
  const auto number = [](const Value& value) {
    if (value.is<std::int64_t>()) return Scalar(value.as<std::int64_t>());
    if (value.is<double>()) return Scalar(value.as<double>());
    if (value.is<bool>()) return Scalar(static_cast<std::int64_t>(value.as<bool>()));
    fail("values of the kind " + kind_of(value) + " are not compared");
  };
  const Scalar x = number(a);
  const Scalar y = number(b);
  if (is_floating(x) || is_floating(y)) return to_double(x) == to_double(y);
  return to_int(x) == to_int(y);
}

std::string text_of(const Value& value) {
  if (value.is_none()) return "None";
  if (value.is<bool>()) return value.as<bool>() ? "True" : "False";
  if (value.is<std::int64_t>()) return std::to_string(value.as<std::int64_t>());
  if (value.is<double>()) return text_of_float(value.as<double>());
  if (value.is<std::string>()) return value.as<std::string>();
  if (value.is<Device>()) return value.as<Device>().name;
  if (value.is<std::shared_ptr<ListValue>>()) {
    return joined(value.as<std::shared_ptr<ListValue>>()->items, "[", "]");
  }
  if (value.is<std::shared_ptr<TupleValue>>()) {
    const auto& all = value.as<std::shared_ptr<TupleValue>>()->items;
    return joined(all, "(", all.size() == 1 ? ",)" : ")");
  }
  fail("a " + kind_of(value) + " cannot be written as a string");
}

void register_strings_and_lists(OperatorTable& table) {
  register_strings(table);
  for (const std::string type : {"int", "float", "bool", "str", "Tensor", "t"}) {
    add_list(table, type);
  }
  for (const std::string type : {"int", "float", "bool", "str"}) add_comparable_list(table, type);
  table.add("aten::_infer_size(int[] a, int[] b) -> int[]", broadcast_shapes,
            {nullptr, broadcast_items});
  table.add("aten::broadcast_shapes(int[] a, int[] b) -> int[]", broadcast_shapes,
            {nullptr, broadcast_items});
  table.add("aten::len.Tensor(Tensor t) -> int",
            [](Call& call) {
              const Tensor tensor = call.tensor(0);
              if (tensor.dim() == 0) fail("len() of a 0-d tensor");
              call.give(tensor.size(0));
            },
            {nullptr, shapes::length, Trait::kAsks});
  table.add("prim::unchecked_cast(Any(a) x) -> Any(a)", [](Call& call) { call.give(call.arg(0)); },
            {dtypes::same, shapes::itself});
}

}  // namespace henson::runtime
