#include "runtime/operators/comparison.h"

#include <functional>
#include <string>

namespace henson::runtime {
namespace {

struct Xor {
  template <typename T>
  bool operator()(T x, T y) const {
    return (x != T(0)) != (y != T(0));
  }
};

template <typename F>
void compare_kernel(Call& call) {
  call.give(compare(call.memory(), call.tensor(0), operand(call, 1), F{}));
}

template <typename F>
void compare_in_place(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(write_result(call.memory(), self, compare(call.memory(), self, operand(call, 1), F{})));
}

template <typename F>
void add_comparison(OperatorTable& table, std::initializer_list<std::string> names) {
  for (const std::string& name : names) {
    for (const std::string kind : {"Tensor", "Scalar"}) {
      const std::string rest = " self, " + kind + " other) -> Tensor";
      add_predicate<compare_kernel<F>>(table, "aten::" + name + "." + kind + "(Tensor" + rest,
                                       shapes::elementwise, NumberUse::kMeasures);
      table.add("aten::" + name + "_." + kind + "(Tensor(a!)" + rest + "(a!)", compare_in_place<F>,
                {dtypes::same, shapes::elementwise, Trait::kNone, NumberUse::kMeasures});
    }
  }
}

/// Of two tensors as booleans, each taken in the type that both have together: of uint8 and one
/// int64 of 256 the latter is false.
template <typename F>
Tensor logical(Allocator& memory, const Tensor& a, const Tensor& b) {
  const DType common = promoted({a, b});
  return map_elements<bool, bool>(memory,
                                  std::array{a.to(memory, common).to(memory, DType::kBool),
                                             b.to(memory, common).to(memory, DType::kBool)},
                                  DType::kBool, F{});
}

Tensor logical_not(Allocator& memory, const Tensor& self) {
  return map_elements<bool, bool>(memory, std::array{self.to(memory, DType::kBool)}, DType::kBool,
                                  std::logical_not<bool>{});
}

template <typename F>
void add_logical(OperatorTable& table, const std::string& name) {
  table.add(
      "aten::" + name + "(Tensor self, Tensor other) -> Tensor",
      [](Call& call) { call.give(logical<F>(call.memory(), call.tensor(0), call.tensor(1))); },
      {dtypes::kBool, shapes::elementwise});
  table.add("aten::" + name + "_(Tensor(a!) self, Tensor other) -> Tensor(a!)",
            [](Call& call) {
              call.give(write_result(call.memory(), call.tensor(0),
                                     logical<F>(call.memory(), call.tensor(0), call.tensor(1))));
            },
            {dtypes::same, shapes::elementwise});
}

}  // namespace

void register_comparison(OperatorTable& table) {
  add_comparison<std::equal_to<>>(table, {"eq"});
  add_comparison<std::not_equal_to<>>(table, {"ne", "not_equal"});
  add_comparison<std::less<>>(table, {"lt", "less"});
  add_comparison<std::less_equal<>>(table, {"le", "less_equal"});
  add_comparison<std::greater<>>(table, {"gt", "greater"});
  add_comparison<std::greater_equal<>>(table, {"ge", "greater_equal"});
  add_logical<std::logical_and<bool>>(table, "logical_and");
  add_logical<std::logical_or<bool>>(table, "logical_or");
  add_logical<Xor>(table, "logical_xor");
  table.add("aten::logical_not(Tensor self) -> Tensor",
            [](Call& call) { call.give(logical_not(call.memory(), call.tensor(0))); },
            {dtypes::kBool, shapes::same});
  table.add("aten::logical_not_(Tensor(a!) self) -> Tensor(a!)",
            [](Call& call) {
              call.give(write_result(call.memory(), call.tensor(0),
                                     logical_not(call.memory(), call.tensor(0))));
            },
            {dtypes::same, shapes::same});
  register_bitwise(table);
  register_choice(table);
  register_classification(table);
}

}  // namespace henson::runtime
