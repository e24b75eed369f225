// Largest and smallest elements, and where they are.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/reduction.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The first of the largest (or smallest) elements; NaN comes before all others.
template <bool kLargest, typename T>
std::size_t find_extreme(std::span<const T> row) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] != row[i]) return i;
    if (kLargest ? row[i] > row[best] : row[i] < row[best]) best = i;
  }
  return best;
}

void check_not_empty(const Rows& rows, const char* name) {
  if (rows.width == 0 && rows.rows > 0) {
    fail(std::string(name) + "(): Expected reduction dim to be specified for input.numel() == 0, " +
         "or to have non-zero size");
  }
}

template <bool kLargest>
Tensor extreme(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  const DType dtype = self.dtype();
  const Rows rows = arrange_rows(memory, widened(memory, self, dtype), dims, keepdim);
  check_not_empty(rows, kLargest ? "max" : "min");
  return visit_compute(compute_dtype(dtype),
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return reduce_rows<T, T>(memory, rows, compute_dtype(dtype),
                                                  [](std::span<const T> row) {
                                                    return row[find_extreme<kLargest>(row)];
                                                  });
                       })
      .to(memory, dtype);
}

/// int64 positions in the rows.
template <bool kLargest>
Tensor extreme_index(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  const Rows rows = arrange_rows(memory, widened(memory, self, self.dtype()), dims, keepdim);
  check_not_empty(rows, kLargest ? "argmax" : "argmin");
  return visit_compute(compute_dtype(self.dtype()), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return reduce_rows<T, std::int64_t>(memory, rows, DType::kInt64, [](std::span<const T> row) {
      return static_cast<std::int64_t>(find_extreme<kLargest>(row));
    });
  });
}

template <bool kLargest>
void add_extreme(OperatorTable& table, const std::string& word) {
  table.add(
      "aten::" + word + "(Tensor self) -> Tensor",
      [](Call& call) { call.give(extreme<kLargest>(call.memory(), call.tensor(0), {}, false)); },
      {dtypes::same, shapes::reduced});
  table.add("aten::" + word + ".dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              const Dims dims{call.integer(1)};
              call.give(extreme<kLargest>(call.memory(), self, dims, call.flag(2)));
              call.give(extreme_index<kLargest>(call.memory(), self, dims, call.flag(2)));
            },
            {dtypes::with_places, shapes::reduced});
  // amax; max_values until PyTorch 1.6.
  for (const std::string& name : {"aten::a" + word, "aten::" + word + "_values"}) {
    table.add(
        name + "(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
        [](Call& call) {
          call.give(extreme<kLargest>(call.memory(), call.tensor(0), call.ints(1), call.flag(2)));
        },
        {dtypes::same, shapes::reduced});
  }
  table.add(
      "aten::arg" + word + "(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
        call.give(extreme_index<kLargest>(call.memory(), self, dims_or_all(call, 1), call.flag(2)));
      },
      {dtypes::kInt64, shapes::reduced});
}

}  // namespace

void register_extremes(OperatorTable& table) {
  add_extreme<true>(table, "max");
  add_extreme<false>(table, "min");
  table.add("aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor, Tensor)",
            [](Call& call) {
              const Dims dims = dims_or_all(call, 1);
              call.give(extreme<false>(call.memory(), call.tensor(0), dims, call.flag(2)));
              call.give(extreme<true>(call.memory(), call.tensor(0), dims, call.flag(2)));
            },
            {dtypes::same, shapes::reduced});
}

}  // namespace henson::runtime
