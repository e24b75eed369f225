// Arithmetic on tensors and numbers, elementwise, broadcast and promoted as PyTorch does. All
// functions return new tensors and throw henson::Error (kBadInput) for what PyTorch refuses.
#pragma once

#include "runtime/operators/elementwise.h"

namespace henson::runtime {

/// a + alpha · b.
Tensor add(Allocator& memory, const Operand& a, const Operand& b,
           const Scalar& alpha = std::int64_t{1});
/// a - alpha · b.
Tensor subtract(Allocator& memory, const Operand& a, const Operand& b,
                const Scalar& alpha = std::int64_t{1});
Tensor multiply(Allocator& memory, const Operand& a, const Operand& b);
/// True division: integers give float32.
Tensor divide(Allocator& memory, const Operand& a, const Operand& b);
/// Quotients rounded toward zero, and toward minus infinity.
Tensor divide_trunc(Allocator& memory, const Operand& a, const Operand& b);
Tensor divide_floor(Allocator& memory, const Operand& a, const Operand& b);
/// With the sign of b (Python's %), and with the sign of a (C's fmod).
Tensor remainder(Allocator& memory, const Operand& a, const Operand& b);
Tensor fmod(Allocator& memory, const Operand& a, const Operand& b);
Tensor power(Allocator& memory, const Operand& base, const Operand& exponent);
/// NaN where either is NaN.
Tensor maximum(Allocator& memory, const Operand& a, const Operand& b);
Tensor minimum(Allocator& memory, const Operand& a, const Operand& b);
Tensor absolute(Allocator& memory, const Tensor& self);

void register_division(OperatorTable& table);
void register_power(OperatorTable& table);
void register_combinations(OperatorTable& table);

/// Registers NAME.Tensor, NAME.Scalar, and their in-place forms NAME_. `tail` stands after the
/// operands in the signature, "" or ", *, Scalar alpha=1".
void add_binary(OperatorTable& table, const std::string& name, const std::string& tail,
                Kernel kernel, Kernel in_place, Rule rule, Versions versions = {});

/// Kernels of a function of two operands.
template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void binary_kernel(Call& call) {
  call.give(F(call.memory(), operand(call, 0), operand(call, 1)));
}
template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void binary_in_place(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(write_result(call.memory(), self, F(call.memory(), self, operand(call, 1))));
}

}  // namespace henson::runtime
