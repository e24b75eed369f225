// Comparisons, logic and choice, elementwise.
#pragma once

#include "runtime/operators/elementwise.h"

namespace henson::runtime {

/// condition ? a : b in the promoted type of a and b; broadcast. The condition is bool, or uint8 as
/// in archives older than bool.
Tensor where(Allocator& memory, const Tensor& condition, const Operand& a, const Operand& b);
/// target[mask] = value in place; the mask broadcasts to target. Throws henson::Error (kBadInput)
/// for a number that the type cannot hold.
void fill_where(Allocator& memory, Tensor& target, const Tensor& mask, const Operand& value);
/// Booleans: whether elements are equal within rtol · |b| + atol.
Tensor is_close(Allocator& memory, const Tensor& a, const Tensor& b, double rtol, double atol,
                bool equal_nan);

void register_bitwise(OperatorTable& table);
void register_choice(OperatorTable& table);
void register_classification(OperatorTable& table);

}  // namespace henson::runtime
