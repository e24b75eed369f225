// Whether all or any elements hold, and how many.
#include <algorithm>
#include <string>

#include "runtime/operators/reduction.h"

namespace henson::runtime {
namespace {

/// bool, but uint8 of uint8, as PyTorch has kept it.
template <bool kAll>
Tensor holds(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  const Rows rows = arrange_rows(memory, self.to(memory, DType::kBool), dims, keepdim);
  const Tensor flags =
      reduce_rows<bool, bool>(memory, rows, DType::kBool, [](std::span<const bool> row) {
        const auto holding = [](bool x) { return x; };
        return kAll ? std::all_of(row.begin(), row.end(), holding)
                    : std::any_of(row.begin(), row.end(), holding);
      });
  return self.dtype() == DType::kUInt8 ? flags.to(memory, DType::kUInt8) : flags;
}

void flag_types(Inference& call) {
  const std::optional<DType> dtype = call.arg(0).dtype;
  call.result().floating = false;
  if (dtype) call.result().dtype = *dtype == DType::kUInt8 ? DType::kUInt8 : DType::kBool;
}

template <bool kAll>
void add_holds(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + "(Tensor self) -> Tensor",
            [](Call& call) { call.give(holds<kAll>(call.memory(), call.tensor(0), {}, false)); },
            {flag_types, shapes::reduced});
  table.add(
      "aten::" + name + ".dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
      [](Call& call) {
        call.give(holds<kAll>(call.memory(), call.tensor(0), {call.integer(1)}, call.flag(2)));
      },
      {flag_types, shapes::reduced});
  table.add(
      "aten::" + name + ".dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
      [](Call& call) {
        call.give(holds<kAll>(call.memory(), call.tensor(0), dims_or_all(call, 1), call.flag(2)));
      },
      {flag_types, shapes::reduced});
}

Tensor count_nonzero(Allocator& memory, const Tensor& self, const Dims& dims) {
  return sum(memory, self.to(memory, DType::kBool), dims, false);
}

}  // namespace

void register_logical_reduction(OperatorTable& table) {
  add_holds<true>(table, "all");
  add_holds<false>(table, "any");
  table.add("aten::count_nonzero(Tensor self, int? dim=None) -> Tensor",
            [](Call& call) {
              call.give(count_nonzero(call.memory(), call.tensor(0), dims_or_all(call, 1)));
            },
            {dtypes::kInt64, shapes::reduced});
  table.add(
      "aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor",
      [](Call& call) { call.give(count_nonzero(call.memory(), call.tensor(0), call.ints(1))); },
      {dtypes::kInt64, shapes::reduced});
}

}  // namespace henson::runtime
