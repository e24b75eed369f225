// softmax, log_softmax, logsumexp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/reduction.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

template <typename T>
T largest_of(std::span<const T> row) {
  T largest = -std::numeric_limits<T>::infinity();
  for (const T x : row) largest = std::max(largest, x);
  return largest;
}

/// Writes exp(x - largest) to `out` and returns the sum of it.
template <typename T>
T exponentials(std::span<const T> row, T largest, std::span<T> out) {
  double total = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    out[i] = std::exp(row[i] - largest);
    total += static_cast<double>(out[i]);
  }
  return static_cast<T>(total);
}

template <typename T>
void softmax_row(std::span<const T> row, std::span<T> out) {
  const T total = exponentials(row, largest_of(row), out);
  for (T& x : out) x /= total;
}

template <typename T>
void log_softmax_row(std::span<const T> row, std::span<T> out) {
  const T largest = largest_of(row);
  const T logarithm = std::log(exponentials(row, largest, out));
  for (std::size_t i = 0; i < row.size(); ++i) out[i] = row[i] - largest - logarithm;
}

/// Along `dim`, in float for halves.
template <bool kLogarithm>
Tensor soft(Allocator& memory, const Tensor& self, std::int64_t dim) {
  const DType dtype = self.dtype();
  if (!is_floating(dtype)) {
    fail("softmax is not implemented for " + std::string(name_of(dtype)));
  }
  const DType compute = compute_dtype(dtype);
  const Lines lines = arrange_lines(memory, widened(memory, self, dtype), dim);
  const Tensor out = visit_compute_float(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_lines<T, T>(memory, lines, compute,
                           kLogarithm ? log_softmax_row<T> : softmax_row<T>);
  });
  return lines.restored(memory, out).to(memory, dtype);
}

template <bool kLogarithm>
void soft_kernel(Call& call) {
  const Tensor self = call.tensor(0);
  const DType dtype = call.maybe_dtype(2).value_or(self.dtype());
  call.give(soft<kLogarithm>(call.memory(), self.to(call.memory(), dtype), call.integer(1)));
}

/// With `half_to_float` the result stays float.
template <bool kLogarithm>
void soft_internal_kernel(Call& call) {
  const Tensor self = call.tensor(0);
  if (call.flag(2) && self.dtype() != DType::kFloat16) {
    fail("conversion is supported for Half type only");
  }
  call.give(soft<kLogarithm>(call.memory(),
                             call.flag(2) ? self.to(call.memory(), DType::kFloat32) : self,
                             call.integer(1)));
}

template <typename T>
T log_sum_exp(std::span<const T> row) {
  const T found = largest_of(row);
  const T largest = std::isinf(found) ? T(0) : found;
  double total = 0;
  for (const T x : row) total += static_cast<double>(std::exp(x - largest));
  return static_cast<T>(std::log(total)) + largest;
}

Tensor logsumexp(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  const DType common = floating(self.dtype());
  const DType compute = compute_dtype(common);
  const Rows rows = arrange_rows(memory, widened(memory, self, common), dims, keepdim);
  return visit_compute_float(compute,
                             [&](auto tag) {
                               using T = typename decltype(tag)::type;
                               return reduce_rows<T, T>(memory, rows, compute, log_sum_exp<T>);
                             })
      .to(memory, common);
}

void internal_types(Inference& call) {
  call.result().floating = true;
  const std::optional<bool> widens = call.flag("half_to_float");
  if (!widens) return;
  call.result().dtype = *widens ? std::optional(DType::kFloat32) : call.arg(0).dtype;
}

template <bool kLogarithm>
void add_soft(OperatorTable& table, const std::string& name) {
  constexpr Trait kTrait = kLogarithm ? Trait::kLogSoftmax : Trait::kSoftmax;
  for (const std::string& full : {name + ".int", "special_" + name}) {
    table.add("aten::" + full + "(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
              soft_kernel<kLogarithm>, {dtypes::told_or<dtypes::same<0>>, shapes::same, kTrait});
  }
  table.add("aten::_" + name + "(Tensor self, int dim, bool half_to_float) -> Tensor",
            soft_internal_kernel<kLogarithm>, {internal_types, shapes::same, kTrait});
}

}  // namespace

Tensor softmax(Allocator& memory, const Tensor& self, std::int64_t dim) {
  return soft<false>(memory, self, dim);
}

void register_softmax(OperatorTable& table) {
  add_soft<false>(table, "softmax");
  add_soft<true>(table, "log_softmax");
  for (const std::string name : {"logsumexp", "special_logsumexp"}) {
    table.add("aten::" + name + "(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
              [](Call& call) {
                call.give(logsumexp(call.memory(), call.tensor(0), call.ints(1), call.flag(2)));
              },
              {dtypes::kFloating, shapes::reduced});
  }
}

}  // namespace henson::runtime
