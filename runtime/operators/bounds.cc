// Elements held within bounds: clamp and what is made of it.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/unary.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

std::optional<Operand> bound(const Call& call, std::size_t i) {
  if (call.is_none(i)) return std::nullopt;
  return operand(call, i);
}

Tensor clamp_both(Call& call) {
  return clamp(call.memory(), call.tensor(0), bound(call, 1), bound(call, 2));
}
Tensor clamp_low(Call& call) {
  return clamp(call.memory(), call.tensor(0), bound(call, 1), std::nullopt);
}
Tensor clamp_high(Call& call) {
  return clamp(call.memory(), call.tensor(0), std::nullopt, bound(call, 1));
}

Tensor relu(Call& call) {
  const Tensor self = call.tensor(0);
  if (self.dtype() == DType::kBool) fail("Boolean inputs not supported for relu");
  return clamp(call.memory(), self, Operand(Scalar(std::int64_t{0})), std::nullopt);
}

/// Bounds in the tensor's own type: integers stay integers.
Tensor hardtanh(Allocator& memory, const Tensor& self, const Scalar& low, const Scalar& high) {
  if (self.dtype() == DType::kBool) fail("Bool inputs not supported for hardtanh");
  if (is_floating(self.dtype())) return clamp(memory, self, Operand(low), Operand(high));
  const std::int64_t least = to_int_checked(low);
  if (self.dtype() == DType::kUInt8 && least < 0) {
    fail("cannot do hardtanh on an unsigned type with negative limits");
  }
  return clamp(memory, self, Operand(Scalar(least)), Operand(Scalar(to_int_checked(high))));
}

Tensor hardtanh_of(Call& call) {
  return hardtanh(call.memory(), call.tensor(0), call.scalar(1), call.scalar(2));
}
Tensor relu6(Call& call) {
  return hardtanh(call.memory(), call.tensor(0), Scalar(std::int64_t{0}), Scalar(std::int64_t{6}));
}

constexpr Rule kWithinBounds{dtypes::promoted<0, 1, 2>, shapes::elementwise, Trait::kNone,
                             NumberUse::kBounds};

}  // namespace

Tensor clamp(Allocator& memory, const Tensor& self, const std::optional<Operand>& low,
             const std::optional<Operand>& high) {
  if (!low && !high) fail("torch.clamp: At least one of 'min' or 'max' must not be None");
  const Operand own(self);
  const DType common = promoted({own, low.value_or(own), high.value_or(own)});
  const bool by_numbers = (low && low->number) || (high && high->number);
  if (common == DType::kBool && by_numbers) throw_unsupported_dtype(common);
  Tensor clamped = self.to(memory, common);
  if (low) clamped = maximum(memory, clamped, low->tensor.to(memory, common));
  if (high) clamped = minimum(memory, clamped, high->tensor.to(memory, common));
  return clamped;
}

void register_bounds(OperatorTable& table) {
  for (const std::string name : {"clamp", "clip"}) {
    add_with_in_place<clamp_both>(table, name, ", Scalar? min=None, Scalar? max=None",
                                  kWithinBounds);
    const std::string rest = " self, Tensor? min=None, Tensor? max=None) -> Tensor";
    table.add(
        "aten::" + name + ".Tensor(Tensor" + rest, [](Call& call) { call.give(clamp_both(call)); },
        kWithinBounds);
    table.add(
        "aten::" + name + "_.Tensor(Tensor(a!)" + rest + "(a!)",
        [](Call& call) {
          call.give(write_result(call.memory(), call.tensor(0), clamp_both(call)));
        },
        kWithinBounds);
  }
  for (const std::string kind : {"Scalar", "Tensor"}) {
    const std::string overload = kind == "Tensor" ? ".Tensor" : "";
    const auto add = [&](const std::string& name, const std::string& argument, Kernel kernel,
                         ShapeRule shape) {
      const bool writes = name.back() == '_';
      table.add("aten::" + name + overload + (writes ? "(Tensor(a!) self, " : "(Tensor self, ") +
                    kind + " " + argument + (writes ? ") -> Tensor(a!)" : ") -> Tensor"),
                kernel, {dtypes::promoted<0, 1>, shape, Trait::kNone, NumberUse::kBounds});
    };
    add(
        "clamp_min", "min", [](Call& call) { call.give(clamp_low(call)); }, shapes::larger);
    add(
        "clamp_max", "max", [](Call& call) { call.give(clamp_high(call)); }, shapes::smaller);
    add(
        "clamp_min_", "min",
        [](Call& call) { call.give(write_result(call.memory(), call.tensor(0), clamp_low(call))); },
        shapes::larger);
    add(
        "clamp_max_", "max",
        [](Call& call) {
          call.give(write_result(call.memory(), call.tensor(0), clamp_high(call)));
        },
        shapes::smaller);
  }
  add_with_in_place<relu>(table, "relu", "", {dtypes::same, shapes::same});
  add_with_in_place<relu6>(table, "relu6", "", {dtypes::same, shapes::same});
  add_with_in_place<hardtanh_of>(table, "hardtanh", ", Scalar min_val=-1, Scalar max_val=1",
                                 {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
