// Numbers from numbers and strings.
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

std::int64_t parsed_int(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || end != text.c_str() + text.size() || errno == ERANGE) {
    fail("invalid literal for int() with base 10: '" + text + "'");
  }
  return value;
}

double parsed_float(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) {
    fail("could not convert string to float: '" + text + "'");
  }
  return value;
}

void int_kernel(Call& call) { call.give(to_int_checked(call.scalar(0))); }
void float_kernel(Call& call) { call.give(call.number(0)); }
/// PyTorch's Float.int passes through float32.
void float_of_int_kernel(Call& call) { call.give(double{static_cast<float>(call.integer(0))}); }
void bool_kernel(Call& call) { call.give(call.number(0) != 0); }

/// The value, which must not be None.
void unwrap_kernel(Call& call) {
  if (call.is_none(0)) fail("Unwrapping null optional");
  call.give(call.arg(0));
}

}  // namespace

void register_scalar_conversions(OperatorTable& table) {
  for (const std::string kind : {"int", "bool", "float", "Scalar"}) {
    table.add("aten::Int." + kind + "(" + kind + " a) -> int", int_kernel,
              {nullptr, shapes::same_number});
    table.add("aten::Float." + kind + "(" + kind + " a) -> float",
              kind == "int" ? float_of_int_kernel : float_kernel, kNoRule);
    table.add("aten::Bool." + kind + "(" + kind + " a) -> bool", bool_kernel, kNoRule);
  }
  table.add(
      "aten::Int.str(str a) -> int", [](Call& call) { call.give(parsed_int(call.string(0))); },
      kNoRule);
  table.add(
      "aten::Float.str(str a) -> float",
      [](Call& call) { call.give(parsed_float(call.string(0))); }, kNoRule);
  for (const std::string name : {"aten::_unwrap_optional", "prim::unchecked_unwrap_optional"}) {
    for (const std::string type : {"Tensor", "int", "float", "bool", "str", "int[]", "float[]"}) {
      table.add(name + "(" + type + "(a)? optional) -> " + type + "(a)", unwrap_kernel,
                {dtypes::same, shapes::itself, type == "Tensor" ? Trait::kMoves : Trait::kNone});
    }
  }
}

}  // namespace henson::runtime
