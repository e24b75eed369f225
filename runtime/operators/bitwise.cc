// Operators on the bits of integers and on booleans.
#include <functional>
#include <string>

#include "runtime/operators/comparison.h"

namespace henson::runtime {
namespace {

/// f on int64, for integers and bool alone.
template <typename F>
Tensor on_bits(Allocator& memory, const Operand& a, const Operand& b, F f) {
  const DType common = promoted({a, b});
  if (is_floating(common)) throw_unsupported_dtype(common);
  return map_elements<std::int64_t, std::int64_t>(
             memory,
             std::array{widened(memory, a.tensor, common), widened(memory, b.tensor, common)},
             DType::kInt64, f)
      .to(memory, common);
}

Tensor bitwise_and(Allocator& memory, const Operand& a, const Operand& b) {
  return on_bits(memory, a, b, std::bit_and<>{});
}
Tensor bitwise_or(Allocator& memory, const Operand& a, const Operand& b) {
  return on_bits(memory, a, b, std::bit_or<>{});
}
Tensor bitwise_xor(Allocator& memory, const Operand& a, const Operand& b) {
  return on_bits(memory, a, b, std::bit_xor<>{});
}

int bits_of(DType dtype) { return static_cast<int>(size_of(dtype) * 8); }

/// Bits that leave the type are lost; a negative or too large distance leaves none.
Tensor shift_left(Allocator& memory, const Operand& a, const Operand& b) {
  const DType common = promoted({a, b});
  if (common == DType::kBool) throw_unsupported_dtype(common);
  return on_bits(memory, a, b, [bits = bits_of(common)](std::int64_t x, std::int64_t distance) {
    if (distance < 0 || distance >= bits) return std::int64_t{0};
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << distance);
  });
}

/// Copies of the sign come in; a negative or too large distance leaves the sign alone.
Tensor shift_right(Allocator& memory, const Operand& a, const Operand& b) {
  const DType common = promoted({a, b});
  if (common == DType::kBool) throw_unsupported_dtype(common);
  return on_bits(memory, a, b, [bits = bits_of(common)](std::int64_t x, std::int64_t distance) {
    return x >> (distance < 0 || distance >= bits ? std::min(bits, 63) : distance);
  });
}

Tensor bitwise_not(Allocator& memory, const Tensor& self) {
  const DType dtype = self.dtype();
  if (is_floating(dtype)) throw_unsupported_dtype(dtype);
  const bool logical = dtype == DType::kBool;
  return map_elements<std::int64_t, std::int64_t>(
             memory, std::array{widened(memory, self, dtype)}, DType::kInt64,
             [logical](std::int64_t x) { return logical ? 1 - x : ~x; })
      .to(memory, dtype);
}

constexpr Rule kOnBits{dtypes::promoted<0, 1>, shapes::elementwise};

template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void kernel(Call& call) {
  call.give(F(call.memory(), operand(call, 0), operand(call, 1)));
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void in_place(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(write_result(call.memory(), self, F(call.memory(), self, operand(call, 1))));
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void add_form(OperatorTable& table, const std::string& name, const std::string& in_place_name,
              const std::string& with_number) {
  const auto add = [&](const std::string& overload, const std::string& kind) {
    const std::string rest = " self, " + kind + " other) -> Tensor";
    table.add("aten::" + name + overload + "(Tensor" + rest, kernel<F>, kOnBits);
    table.add("aten::" + in_place_name + overload + "(Tensor(a!)" + rest + "(a!)", in_place<F>,
              kOnBits);
  };
  add(".Tensor", "Tensor");
  add(with_number, "Scalar");
}

/// `word` is "and": bitwise_and and __and__.
template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void add_bitwise(OperatorTable& table, const std::string& word) {
  const std::string name = "bitwise_" + word;
  add_form<F>(table, name, name + "_", ".Scalar");
  table.add("aten::" + name + ".Scalar_Tensor(Scalar self, Tensor other) -> Tensor", kernel<F>,
            kOnBits);
  add_form<F>(table, "__" + word + "__", "__i" + word + "__", ".Scalar");
}

template <Tensor (*F)(Allocator&, const Operand&, const Operand&)>
void add_shift(OperatorTable& table, const std::string& direction) {
  const std::string name = "bitwise_" + direction + "_shift";
  add_form<F>(table, name, name + "_", ".Tensor_Scalar");
  table.add("aten::" + name + ".Scalar_Tensor(Scalar self, Tensor other) -> Tensor", kernel<F>,
            kOnBits);
  const std::string word = direction.substr(0, 1) + "shift__";
  add_form<F>(table, "__" + word, "__i" + word, ".Scalar");
}

}  // namespace

void register_bitwise(OperatorTable& table) {
  add_bitwise<bitwise_and>(table, "and");
  add_bitwise<bitwise_or>(table, "or");
  add_bitwise<bitwise_xor>(table, "xor");
  add_shift<shift_left>(table, "left");
  add_shift<shift_right>(table, "right");
  table.add("aten::bitwise_not(Tensor self) -> Tensor",
            [](Call& call) { call.give(bitwise_not(call.memory(), call.tensor(0))); },
            {dtypes::same, shapes::same});
  table.add("aten::__invert__(Tensor self) -> Tensor",
            [](Call& call) { call.give(bitwise_not(call.memory(), call.tensor(0))); },
            {dtypes::same, shapes::same});
  table.add("aten::bitwise_not_(Tensor(a!) self) -> Tensor(a!)",
            [](Call& call) {
              call.give(write_result(call.memory(), call.tensor(0),
                                     bitwise_not(call.memory(), call.tensor(0))));
            },
            {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
