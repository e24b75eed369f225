// Bits of ints and bools, ranges, divisions that need ints.
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/operators/scalar.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

using Int = std::int64_t;

std::uint64_t bits(Int value) { return static_cast<std::uint64_t>(value); }
Int wrapped(std::uint64_t value) { return static_cast<Int>(value); }

std::uint64_t magnitude(Int value) { return value < 0 ? 0 - bits(value) : bits(value); }

/// Toward zero. The lowest int has no negative, and wraps.
Int truncated_quotient(Int x, Int y) {
  if (y == 0) fail("division by 0");
  return y == -1 ? wrapped(0 - bits(x)) : x / y;
}

void register_bits(OperatorTable& table) {
  table.add("aten::__and__.bool(bool a, bool b) -> bool",
            [](Call& call) { call.give(call.flag(0) && call.flag(1)); });
  table.add("aten::__or__.bool(bool a, bool b) -> bool",
            [](Call& call) { call.give(call.flag(0) || call.flag(1)); });
  table.add("aten::__xor__.bool(bool a, bool b) -> bool",
            [](Call& call) { call.give(call.flag(0) != call.flag(1)); });
  table.add("aten::__is__(Any a, NoneType b) -> bool",
            [](Call& call) { call.give(call.is_none(0) == call.is_none(1)); });
  table.add("aten::__isnot__(Any a, NoneType b) -> bool",
            [](Call& call) { call.give(call.is_none(0) != call.is_none(1)); });
  table.add("aten::__not__(bool self) -> bool", [](Call& call) { call.give(!call.flag(0)); });
  table.add("aten::__and__.int(int a, int b) -> int",
            [](Call& call) { call.give(call.integer(0) & call.integer(1)); });
  table.add("aten::__or__.int(int a, int b) -> int",
            [](Call& call) { call.give(call.integer(0) | call.integer(1)); });
  table.add("aten::__xor__.int(int a, int b) -> int",
            [](Call& call) { call.give(call.integer(0) ^ call.integer(1)); });
  // The processor's shifts, which PyTorch's are, take the count modulo 64.
  table.add("aten::__lshift__.int(int a, int b) -> int", [](Call& call) {
    call.give(wrapped(bits(call.integer(0)) << (bits(call.integer(1)) & 63)));
  });
  table.add("aten::__rshift__.int(int a, int b) -> int",
            [](Call& call) { call.give(call.integer(0) >> (bits(call.integer(1)) & 63)); });
}

Int range_length(Int first, Int last, Int step) {
  if (step == 0) fail("range() arg 3 must not be zero");
  const bool any = step > 0 ? first < last : first > last;
  if (!any) return 0;
  const std::uint64_t distance = step > 0 ? bits(last) - bits(first) : bits(first) - bits(last);
  const std::uint64_t width = step > 0 ? bits(step) : 0 - bits(step);
  return wrapped((distance - 1) / width + 1);
}

void register_ranges(OperatorTable& table) {
  table.add("aten::__range_length(int lo, int hi, int step) -> int", [](Call& call) {
    call.give(range_length(call.integer(0), call.integer(1), call.integer(2)));
  });
  table.add("aten::__derive_index(int index, int start, int step) -> int", [](Call& call) {
    call.give(wrapped(bits(call.integer(1)) + bits(call.integer(0)) * bits(call.integer(2))));
  });
}

Int factorial(Int n) {
  if (n < 0) fail("factorial() not defined for negative values");
  std::uint64_t product = 1;
  // From 66! on all 64 bits are zero.
  for (Int i = 2; i <= n && product != 0; ++i) product *= bits(i);
  return wrapped(product);
}

}  // namespace

void register_scalar_integers(OperatorTable& table) {
  register_bits(table);
  register_ranges(table);
  table.add("aten::__round_to_zero_floordiv.int(int a, int b) -> int",
            [](Call& call) { call.give(truncated_quotient(call.integer(0), call.integer(1))); });
  table.add("aten::gcd.int(int a, int b) -> int", [](Call& call) {
    call.give(wrapped(std::gcd(magnitude(call.integer(0)), magnitude(call.integer(1)))));
  });
  table.add("aten::factorial.int(int a) -> int",
            [](Call& call) { call.give(factorial(call.integer(0))); });
}

}  // namespace henson::runtime
