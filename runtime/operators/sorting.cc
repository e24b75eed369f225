#include "runtime/operators/sorting.h"

#include <string>

#include "henson/error.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

struct Sorted {
  Tensor values;
  Tensor indices;  // int64
};

Sorted sort(Allocator& memory, const Tensor& self, std::int64_t dim, bool descending) {
  const DType compute = compute_dtype(self.dtype());
  const Lines lines = arrange_lines(memory, widened(memory, self, self.dtype()), dim);
  Tensor indices = lines.like(memory, DType::kInt64);
  const Tensor values = visit_compute(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::int64_t* place = indices.mutable_data<std::int64_t>();
    return map_lines<T, T>(memory, lines, compute, [&](std::span<const T> row, std::span<T> out) {
      std::size_t i = 0;
      for (const std::size_t position : sorted_positions(row, descending)) {
        out[i++] = row[position];
        *place++ = static_cast<std::int64_t>(position);
      }
    });
  });
  return {lines.restored(memory, values).to(memory, self.dtype()), lines.restored(memory, indices)};
}

/// Sorted always, which PyTorch leaves open without `sorted`.
Sorted topk(Allocator& memory, const Tensor& self, std::int64_t k, std::int64_t dim, bool largest) {
  const std::int64_t size = self.dim() == 0 ? 1 : self.size(dim);
  wrap_dim(dim, self.dim());
  if (k < 0 || k > size) fail("selected index k out of range");
  if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
  const Sorted all = sort(memory, self, dim, largest);
  if (self.dim() == 0) return all;
  return {narrow(all.values, dim, 0, k).contiguous(memory),
          narrow(all.indices, dim, 0, k).contiguous(memory)};
}

void give(Call& call, const Sorted& sorted) {
  call.give(sorted.values);
  call.give(sorted.indices);
}

}  // namespace

void register_sorting(OperatorTable& table) {
  table.add("aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor, Tensor)",
            [](Call& call) {
              give(call, sort(call.memory(), call.tensor(0), call.integer(1), call.flag(2)));
            },
            {dtypes::with_places, shapes::same});
  table.add(
      "aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> "
      "(Tensor, Tensor)",
      [](Call& call) {
        give(call, sort(call.memory(), call.tensor(0), call.integer(2), call.flag(3)));
      },
      {dtypes::with_places, shapes::same});
  table.add("aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor",
            [](Call& call) {
              call.give(sort(call.memory(), call.tensor(0), call.integer(1), call.flag(2)).indices);
            },
            {dtypes::kInt64, shapes::same});
  table.add(
      "aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> "
      "Tensor",
      [](Call& call) {
        call.give(sort(call.memory(), call.tensor(0), call.integer(2), call.flag(3)).indices);
      },
      {dtypes::kInt64, shapes::same});
  table.add("aten::msort(Tensor self) -> Tensor",
            [](Call& call) { call.give(sort(call.memory(), call.tensor(0), 0, false).values); },
            {dtypes::same, shapes::same});
  table.add(
      "aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> "
      "(Tensor, Tensor)",
      [](Call& call) {
        give(call,
             topk(call.memory(), call.tensor(0), call.integer(1), call.integer(2), call.flag(3)));
      },
      {dtypes::with_places, shapes::best});
  register_unique(table);
  register_searching(table);
  register_counting(table);
}

}  // namespace henson::runtime
