// Bits of ints and bools, ranges, divisions that need ints.
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/operators/scalar.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

using Int = std::int64_t;

std::uint64_t bits(Int value) { return static_cast<std::uint64_t>(value); }
Int wrapped(std::uint64_t value) { return static_cast<Int>(value); }

std::uint64_t magnitude(Int value) { return value < 0 ? 0 - bits(value) : bits(value); }

/// Toward zero.
Int truncated_quotient(Int x, Int y) {
  if (y == 0) fail("division by 0");
  return checked_divide(x, y);
}

/// Of numbers of the code what `kFunction` gives.
template <Int (*kFunction)(Int, Int)>
void number_of_numbers(Inference& call) {
  const std::optional<Int> a = call.integer(0);
  const std::optional<Int> b = call.integer(1);
  if (a && b) call.result().number = Dimension::of(kFunction(*a, *b));
}

Int bits_of_both(Int a, Int b) { return a & b; }
Int bits_of_either(Int a, Int b) { return a | b; }
Int bits_of_one(Int a, Int b) { return a ^ b; }
// The processor's shifts, which PyTorch's are, take the count modulo 64.
Int shifted_left(Int a, Int b) { return wrapped(bits(a) << (bits(b) & 63)); }
Int shifted_right(Int a, Int b) { return a >> (bits(b) & 63); }

template <Int (*kFunction)(Int, Int)>
void int_kernel(Call& call) {
  call.give(kFunction(call.integer(0), call.integer(1)));
}

template <Int (*kFunction)(Int, Int)>
void add_int_function(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + ".int(int a, int b) -> int", int_kernel<kFunction>,
            {nullptr, number_of_numbers<kFunction>});
}

void truncated_number(Inference& call) {
  const std::optional<Int> a = call.integer(0);
  const std::optional<Int> b = call.integer(1);
  if (b == 0) throw Mismatch{};
  if (!a || !b) return;
  const std::optional<Int> quotient = try_divide(*a, *b);
  if (!quotient) throw Mismatch{};
  call.result().number = Dimension::of(*quotient);
}

void register_bits(OperatorTable& table) {
  table.add(
      "aten::__and__.bool(bool a, bool b) -> bool",
      [](Call& call) { call.give(call.flag(0) && call.flag(1)); }, kNoRule);
  table.add(
      "aten::__or__.bool(bool a, bool b) -> bool",
      [](Call& call) { call.give(call.flag(0) || call.flag(1)); }, kNoRule);
  table.add(
      "aten::__xor__.bool(bool a, bool b) -> bool",
      [](Call& call) { call.give(call.flag(0) != call.flag(1)); }, kNoRule);
  table.add(
      "aten::__is__(Any a, NoneType b) -> bool",
      [](Call& call) { call.give(call.is_none(0) == call.is_none(1)); }, kNoRule);
  table.add(
      "aten::__isnot__(Any a, NoneType b) -> bool",
      [](Call& call) { call.give(call.is_none(0) != call.is_none(1)); }, kNoRule);
  table.add(
      "aten::__not__(bool self) -> bool", [](Call& call) { call.give(!call.flag(0)); }, kNoRule);
  add_int_function<bits_of_both>(table, "__and__");
  add_int_function<bits_of_either>(table, "__or__");
  add_int_function<bits_of_one>(table, "__xor__");
  add_int_function<shifted_left>(table, "__lshift__");
  add_int_function<shifted_right>(table, "__rshift__");
}

Int range_length(Int first, Int last, Int step) {
  if (step == 0) fail("range() arg 3 must not be zero");
  const bool any = step > 0 ? first < last : first > last;
  if (!any) return 0;
  const std::uint64_t distance = step > 0 ? bits(last) - bits(first) : bits(first) - bits(last);
  const std::uint64_t width = step > 0 ? bits(step) : 0 - bits(step);
  return wrapped((distance - 1) / width + 1);
}

void range_number(Inference& call) {
  const std::optional<Int> first = call.integer(0);
  const std::optional<Int> last = call.integer(1);
  const std::optional<Int> step = call.integer(2);
  if (step == 0) throw Mismatch{};
  if (!first || !last || !step) return;
  call.result().number = Dimension::of(range_length(*first, *last, *step));
}

/// start + index * step.
void index_number(Inference& call) {
  const std::optional<Dimension> index = call.number(0);
  const std::optional<Dimension> start = call.number(1);
  const std::optional<Dimension> step = call.number(2);
  if (!index || !start || !step) return;
  call.result().number = *start + *index * *step;
}

void register_ranges(OperatorTable& table) {
  table.add("aten::__range_length(int lo, int hi, int step) -> int",
            [](Call& call) {
              call.give(range_length(call.integer(0), call.integer(1), call.integer(2)));
            },
            {nullptr, range_number});
  table.add(
      "aten::__derive_index(int index, int start, int step) -> int",
      [](Call& call) {
        call.give(wrapped(bits(call.integer(1)) + bits(call.integer(0)) * bits(call.integer(2))));
      },
      {nullptr, index_number});
}

Int factorial(Int n) {
  if (n < 0) fail("factorial() not defined for negative values");
  std::uint64_t product = 1;
  // From 66! on all 64 bits are zero.
  for (Int i = 2; i <= n && product != 0; ++i) product *= bits(i);
  return wrapped(product);
}

void factorial_number(Inference& call) {
  const std::optional<Int> n = call.integer(0);
  if (!n) return;
  if (*n < 0) throw Mismatch{};
  call.result().number = Dimension::of(factorial(*n));
}

Int common_divisor(Int a, Int b) { return wrapped(std::gcd(magnitude(a), magnitude(b))); }

}  // namespace

void register_scalar_integers(OperatorTable& table) {
  register_bits(table);
  register_ranges(table);
  table.add("aten::__round_to_zero_floordiv.int(int a, int b) -> int",
            int_kernel<truncated_quotient>, {nullptr, truncated_number});
  add_int_function<common_divisor>(table, "gcd");
  table.add("aten::factorial.int(int a) -> int",
            [](Call& call) { call.give(factorial(call.integer(0))); }, {nullptr, factorial_number});
}

}  // namespace henson::runtime
