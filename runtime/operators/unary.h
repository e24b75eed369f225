// Functions of one tensor, elementwise: the mathematical ones, roundings, bounds, activations.
#pragma once

#include <optional>

#include "runtime/operators/elementwise.h"

namespace henson::runtime {

/// Elements below `low` become low, then those above `high` become high; NaN stays. Throws
/// henson::Error (kBadInput) when neither is given, and for
/// bool with bounds that are numbers.
Tensor clamp(Allocator& memory, const Tensor& self, const std::optional<Operand>& low,
             const std::optional<Operand>& high);

void register_rounding(OperatorTable& table);
void register_bounds(OperatorTable& table);
void register_activation(OperatorTable& table);
void register_parametric_activation(OperatorTable& table);

/// Registers NAME and NAME_ for a kernel that returns a new tensor: the in-place form writes it
/// into its first argument. `rest` is what follows "self" in the signature, "" or
/// ", Scalar alpha=1".
template <auto F>
void add_with_in_place(OperatorTable& table, const std::string& name, const std::string& rest,
                       Rule rule) {
  table.add(
      "aten::" + name + "(Tensor self" + rest + ") -> Tensor",
      [](Call& call) { call.give(F(call)); }, rule);
  table.add(
      "aten::" + name + "_(Tensor(a!) self" + rest + ") -> Tensor(a!)",
      [](Call& call) { call.give(write_result(call.memory(), call.tensor(0), F(call))); }, rule);
}

/// Registers the elementwise function `f` of real numbers under `names`, and their in-place forms.
/// Integers become float32.
template <typename F>
void add_function(OperatorTable& table, std::initializer_list<std::string> names, F,
                  Trait traits = Trait::kNone) {
  for (const std::string& name : names) {
    add_with_in_place<[](Call& call) { return unary_float(call.memory(), call.tensor(0), F{}); }>(
        table, name, "", {dtypes::kFloating, shapes::same, traits});
  }
}

/// The same for floating tensors alone.
template <typename F>
void add_activation(OperatorTable& table, const std::string& name, F) {
  add_with_in_place<[](Call& call) {
    const Tensor self = call.tensor(0);
    if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
    return unary_float(call.memory(), self, F{});
  }>(table, name, "", {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
