// Medians, modes and k-th values: elements chosen by their rank in a row.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/reduction.h"
#include "runtime/operators/sorting.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Gives the elements that `choose(row)` points at, and their int64 positions.
template <typename F>
void give_chosen(Call& call, const Tensor& self, const Dims& dims, bool keepdim, bool with_indices,
                 F choose) {
  const DType compute = compute_dtype(self.dtype());
  const Rows rows =
      arrange_rows(call.memory(), widened(call.memory(), self, self.dtype()), dims, keepdim);
  if (rows.width == 0 && rows.rows > 0) fail("Expected reduction dim to have non-zero size.");
  Tensor indices = Tensor::empty(call.memory(), DType::kInt64, rows.sizes);
  const Tensor values = visit_compute(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::int64_t* place = indices.mutable_data<std::int64_t>();
    return reduce_rows<T, T>(call.memory(), rows, compute, [&](std::span<const T> row) {
      const std::size_t chosen = choose(row);
      *place++ = static_cast<std::int64_t>(chosen);
      return row[chosen];
    });
  });
  call.give(values.to(call.memory(), self.dtype()));
  if (with_indices) call.give(indices);
}

/// The lower of the two middle elements; NaN when there is one, unless those are skipped.
template <bool kSkipNan>
struct Median {
  template <typename T>
  std::size_t operator()(std::span<const T> row) const {
    const std::vector<std::size_t> order = sorted_positions(row, false);
    const auto numbers =
        static_cast<std::size_t>(std::count_if(row.begin(), row.end(), [](T x) { return x == x; }));
    if (numbers == 0) return order[0];
    if (!kSkipNan && numbers < row.size()) return order[numbers];
    return order[(numbers - 1) / 2];
  }
};

/// The last of the smallest elements that occur most often.
struct Mode {
  template <typename T>
  std::size_t operator()(std::span<const T> row) const {
    const std::vector<std::size_t> order = sorted_positions(row, false);
    std::size_t best = order[0];
    std::size_t most = 0;
    for (std::size_t i = 0; i < order.size();) {
      std::size_t end = i + 1;
      while (end < order.size() && row[order[end]] == row[order[i]]) ++end;
      if (end - i > most) {
        most = end - i;
        best = order[end - 1];
      }
      i = end;
    }
    return best;
  }
};

template <bool kSkipNan>
void add_median(OperatorTable& table, const std::string& name) {
  table.add(
      "aten::" + name + "(Tensor self) -> Tensor",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
        if (self.numel() == 0) {
          if (!is_floating(self.dtype())) fail("median of an empty tensor of integers");
          call.give(to_tensor(Scalar(std::numeric_limits<double>::quiet_NaN()), self.dtype()));
          return;
        }
        give_chosen(call, self, {}, false, false, Median<kSkipNan>{});
      },
      {dtypes::same, shapes::scalar});
  table.add("aten::" + name + ".dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
              give_chosen(call, self, {call.integer(1)}, call.flag(2), true, Median<kSkipNan>{});
            },
            {dtypes::with_places, shapes::reduced});
}

void kth_value(Call& call) {
  const Tensor self = call.tensor(0);
  const std::int64_t k = call.integer(1);
  const std::int64_t size = self.dim() == 0 ? 1 : self.size(call.integer(2));
  if (k < 1 || k > size) fail("kthvalue(): selected number k out of range for dimension");
  if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
  give_chosen(call, self, {call.integer(2)}, call.flag(3), true, [k](auto row) {
    return sorted_positions(row, false)[static_cast<std::size_t>(k - 1)];
  });
}

}  // namespace

void register_order_statistics(OperatorTable& table) {
  add_median<false>(table, "median");
  add_median<true>(table, "nanmedian");
  table.add("aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor, Tensor)",
            [](Call& call) {
              give_chosen(call, call.tensor(0), {call.integer(1)}, call.flag(2), true, Mode{});
            },
            {dtypes::with_places, shapes::reduced});
  table.add(
      "aten::kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor, Tensor)",
      kth_value, {dtypes::with_places, shapes::reduced, Trait::kNone, NumberUse::kCounts});
}

}  // namespace henson::runtime
