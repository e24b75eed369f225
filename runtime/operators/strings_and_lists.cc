// Strings, and lists as values.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "henson/error.h"
#include "loader/limits.h"
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

/// The positions that start:end:step (arguments 1 to 3) selects, clamped as Python does.
std::vector<std::size_t> sliced(const Call& call, std::size_t size) {
  const std::int64_t step = call.integer(3);
  if (step == 0) fail("slice step cannot be zero");
  const auto count = static_cast<std::int64_t>(size);
  const bool forward = step > 0;
  const auto bound = [&](std::size_t argument, std::int64_t missing) {
    if (call.is_none(argument)) return missing;
    const std::int64_t at = call.integer(argument);
    if (at < 0) return std::max<std::int64_t>(at + count, forward ? 0 : -1);
    return std::min(at, forward ? count : count - 1);
  };
  const std::int64_t end = bound(2, forward ? count : -1);
  std::vector<std::size_t> chosen;
  for (std::int64_t i = bound(1, forward ? 0 : count - 1); forward ? i < end : i > end; i += step) {
    chosen.push_back(static_cast<std::size_t>(i));
    if (step > count || step < -count) break;  // before i overflows
  }
  return chosen;
}

void slice_list(Call& call) {
  const std::vector<Value>& all = list_items(call, 0);
  std::vector<Value> part;
  for (const std::size_t i : sliced(call, all.size())) part.push_back(all[i]);
  call.give(Value::list(std::move(part)));
}

void slice_string(Call& call) {
  const std::string all = call.string(0);
  std::string part;
  for (const std::size_t i : sliced(call, all.size())) part += all[i];
  call.give(part);
}

void join_lists(Call& call) {
  std::vector<Value> joined = list_items(call, 0);
  const std::vector<Value>& more = list_items(call, 1);
  if (joined.size() + more.size() > limits::kMaxParts) {
    fail("two lists joined to " + std::to_string(joined.size() + more.size()) +
         " items are too long");
  }
  joined.insert(joined.end(), more.begin(), more.end());
  call.give(Value::list(std::move(joined)));
}

Value repeated(const std::vector<Value>& list, std::int64_t times) {
  constexpr std::int64_t kMost = 1 << 20;  // items: a list is of sizes or layers
  if (!list.empty() && times > kMost / static_cast<std::int64_t>(list.size())) {
    fail("a list repeated " + std::to_string(times) + " times is too long");
  }
  std::vector<Value> result;
  for (std::int64_t i = 0; i < times; ++i) result.insert(result.end(), list.begin(), list.end());
  return Value::list(std::move(result));
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
            });
  table.add("aten::slice" + overload + "(" + list +
                " l, int? start=None, int? end=None, int step=1) -> " + list,
            slice_list);
  table.add("aten::add" + overload + "(" + list + " a, " + list + " b) -> " + list, join_lists);
  table.add("aten::mul" + overload + "(" + list + " l, int n) -> " + list,
            [](Call& call) { call.give(repeated(list_items(call, 0), call.integer(1))); });
  table.add("aten::mul" + overload + "_right(int n, " + list + " l) -> " + list,
            [](Call& call) { call.give(repeated(list_items(call, 1), call.integer(0))); });
  for (const std::string name : {"aten::list", "aten::copy"}) {
    table.add(name + overload + "(" + list + " l) -> " + list,
              [](Call& call) { call.give(Value::list(list_items(call, 0))); });
  }
  table.add("aten::len" + overload + "(" + list + " a) -> int",
            [](Call& call) { call.give(static_cast<std::int64_t>(list_items(call, 0).size())); });
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
  table.add("aten::eq." + type + two,
            [](Call& call) { call.give(same_items(list_items(call, 0), list_items(call, 1))); });
  table.add("aten::ne." + type + two,
            [](Call& call) { call.give(!same_items(list_items(call, 0), list_items(call, 1))); });
  const std::string one = "(" + type + "[] l, " + type + " item) -> ";
  table.add("aten::__contains__." + type + "_list" + one + "bool",
            [](Call& call) { call.give(found(call) != list_items(call, 0).end()); });
  table.add("aten::index.list_" + type + one + "int", [](Call& call) {
    const auto at = found(call);
    if (at == list_items(call, 0).end()) fail("'" + text_of(call.arg(1)) + "' is not in list");
    call.give(static_cast<std::int64_t>(at - list_items(call, 0).begin()));
  });
  table.add("aten::count." + type + one + "int", [](Call& call) {
    const std::vector<Value>& all = list_items(call, 0);
    call.give(static_cast<std::int64_t>(std::count_if(
        all.begin(), all.end(), [&](const Value& item) { return same_value(item, call.arg(1)); })));
  });
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

void register_strings(OperatorTable& table) {
  table.add("aten::add.str(str a, str b) -> str",
            [](Call& call) { call.give(call.string(0) + call.string(1)); });
  table.add("aten::len.str(str s) -> int",
            [](Call& call) { call.give(static_cast<std::int64_t>(call.string(0).size())); });
  table.add("aten::str(Any elem) -> str", [](Call& call) { call.give(text_of(call.arg(0))); });
  table.add("aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str",
            slice_string);
  table.add("aten::__getitem__.str(str s, int index) -> str", [](Call& call) {
    const std::string text = call.string(0);
    call.give(std::string(1, text[position(call.integer(1), text.size())]));
  });
  table.add("aten::ord(str string) -> int", [](Call& call) {
    const std::string text = call.string(0);
    if (text.size() != 1) fail("String for ord() must be 1 character");
    call.give(static_cast<std::int64_t>(static_cast<unsigned char>(text[0])));
  });
  table.add("aten::chr(int i) -> str", [](Call& call) {
    const std::int64_t code = call.integer(0);
    if (code < 0 || code > 127) fail("chr() of " + std::to_string(code) + " is not supported");
    call.give(std::string(1, static_cast<char>(code)));
  });
  std::string arguments = "str self";
  for (int count = 0; count <= 12; ++count) {  // PyTorch's takes any number
    table.add("aten::format." + std::to_string(count) + "(" + arguments + ") -> str", format);
    arguments += ", Any a" + std::to_string(count);
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
  table.add("aten::_infer_size(int[] a, int[] b) -> int[]", broadcast_shapes);
  table.add("aten::broadcast_shapes(int[] a, int[] b) -> int[]", broadcast_shapes);
  table.add("aten::len.Tensor(Tensor t) -> int", [](Call& call) {
    const Tensor tensor = call.tensor(0);
    if (tensor.dim() == 0) fail("len() of a 0-d tensor");
    call.give(tensor.size(0));
  });
  table.add("prim::unchecked_cast(Any(a) x) -> Any(a)", [](Call& call) { call.give(call.arg(0)); });
}

}  // namespace henson::runtime
