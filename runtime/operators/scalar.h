// Operators on numbers, strings and lists: what TorchScript does beside tensors.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// Argument i as an int (T = int64) or as a float (T = double).
template <typename T>
T number_as(const Call& call, std::size_t i) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    return call.integer(i);
  } else {
    return call.number(i);
  }
}

/// Gives f of two numbers that are ints or floats as the signature says.
template <typename F, typename A, typename B>
void number_kernel(Call& call) {
  using Common = std::conditional_t<std::is_same_v<A, B>, A, double>;
  call.give(
      F{}(static_cast<Common>(number_as<A>(call, 0)), static_cast<Common>(number_as<B>(call, 1))));
}

/// The same for numbers of any kind: ints when both are.
template <typename F>
void any_number_kernel(Call& call) {
  if (is_floating(call.scalar(0)) || is_floating(call.scalar(1))) {
    call.give(F{}(call.number(0), call.number(1)));
  } else {
    call.give(F{}(to_int(call.scalar(0)), to_int(call.scalar(1))));
  }
}

/// Registers `name` for all pairs of ints, floats and numbers. Results are of the operands' type,
/// or of the type `result` names. The rule tells of ints.
template <typename F>
void add_numbers(OperatorTable& table, const std::string& name, Rule rule,
                 const std::string& result = "", const std::string& scalar_overload = "") {
  const auto add = [&](const std::string& overload, const std::string& a, const std::string& b,
                       const std::string& own, Kernel kernel, Rule known) {
    table.add(name + overload + "(" + a + " a, " + b + " b) -> " + (result.empty() ? own : result),
              kernel, known);
  };
  using Int = std::int64_t;
  add(".int", "int", "int", "int", number_kernel<F, Int, Int>, rule);
  add(".float", "float", "float", "float", number_kernel<F, double, double>, kNoRule);
  add(".int_float", "int", "float", "float", number_kernel<F, Int, double>, kNoRule);
  add(".float_int", "float", "int", "float", number_kernel<F, double, Int>, kNoRule);
  add(scalar_overload, "Scalar", "Scalar", "Scalar", any_number_kernel<F>, rule);
}

/// The value as str() and format() write it: "1.", "[1, 2]", "True". Throws henson::Error
/// (kBadInput) for a tensor.
std::string text_of(const Value& value);
/// The items of argument i, a list or a tuple. Throws henson::Error (kBadInput) for another value.
const std::vector<Value>& list_items(const Call& call, std::size_t i);
/// Equality of numbers (3 == 3.0) and strings. Throws henson::Error (kBadInput) for other values.
bool same_value(const Value& a, const Value& b);

void register_scalar_math(OperatorTable& table);
void register_scalar_integers(OperatorTable& table);
void register_scalar_conversions(OperatorTable& table);
void register_strings_and_lists(OperatorTable& table);
void register_list_reductions(OperatorTable& table);

}  // namespace henson::runtime
