#include "runtime/operators/reduction.h"

#include <cmath>
#include <numeric>
#include <type_traits>

#include "henson/error.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/half.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The dtype that a sum has: integers and bool are counted in int64.
DType sum_dtype(const Tensor& self, std::optional<DType> dtype) {
  if (dtype) return *dtype;
  return is_floating(self.dtype()) ? self.dtype() : DType::kInt64;
}

template <typename T>
Accumulator<T> total(std::span<const T> row) {
  return std::accumulate(row.begin(), row.end(), Accumulator<T>(0),
                         [](auto a, T x) { return a + static_cast<Accumulator<T>>(x); });
}

/// PyTorch multiplies halves as halves: what overflows on the way stays infinite.
template <typename T>
T rounded_to(DType common, T value) {
  if constexpr (std::is_same_v<T, float>) {
    if (common == DType::kFloat16) return static_cast<float>(Half(value));
    if (common == DType::kBFloat16) return static_cast<float>(BFloat16(value));
  }
  return value;
}

Tensor product(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
               std::optional<DType> dtype) {
  const DType common = sum_dtype(self, dtype);
  const DType compute = compute_dtype(common);
  const Rows rows = arrange_rows(memory, widened(memory, self, common), dims, keepdim);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         using Factor = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
                         return reduce_rows<T, T>(
                             memory, rows, compute, [&](std::span<const T> row) {
                               Factor result(1);
                               for (const T x : row) {
                                 result = rounded_to(common, result * static_cast<Factor>(x));
                               }
                               return static_cast<T>(result);
                             });
                       })
      .to(memory, common);
}

/// Sums and means without the NaNs.
Tensor without_nans(Allocator& memory, const Tensor& self) {
  if (!is_floating(self.dtype())) return self;
  return unary_float(memory, self, [](auto x) { return std::isnan(x) ? decltype(x)(0) : x; });
}

Tensor count_of_numbers(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  return sum(memory, test_elements(memory, self, [](auto x) { return x == x; }), dims, keepdim);
}

Tensor nanmean(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
               std::optional<DType> dtype) {
  if (!is_floating(self.dtype())) fail("nanmean(): expected input to have floating point dtype");
  const Tensor total = sum(memory, without_nans(memory, self), dims, keepdim, dtype);
  const Tensor count = count_of_numbers(memory, self, dims, keepdim);
  return binary_float(memory, total, count.to(memory, total.dtype()), total.dtype(),
                      [](auto x, auto y) { return x / y; });
}

void register_sums(OperatorTable& table) {
  table.add("aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor",
            [](Call& call) {
              call.give(sum(call.memory(), call.tensor(0), {}, false, call.maybe_dtype(1)));
            },
            {dtypes::told_or<dtypes::summed>, shapes::summed});
  table.add(
      "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, "
      "ScalarType? dtype=None) -> Tensor",
      [](Call& call) {
        call.give(sum(call.memory(), call.tensor(0), dims_or_all(call, 1), call.flag(2),
                      call.maybe_dtype(3)));
      },
      {dtypes::told_or<dtypes::summed>, shapes::summed});
  table.add("aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor",
            [](Call& call) {
              call.give(mean(call.memory(), call.tensor(0), {}, false, call.maybe_dtype(1)));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add(
      "aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
      "Tensor",
      [](Call& call) {
        call.give(mean(call.memory(), call.tensor(0), dims_or_all(call, 1), call.flag(2),
                       call.maybe_dtype(3)));
      },
      {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor",
            [](Call& call) {
              call.give(product(call.memory(), call.tensor(0), {}, false, call.maybe_dtype(1)));
            },
            {dtypes::told_or<dtypes::summed>, shapes::reduced});
  table.add(
      "aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
      "Tensor",
      [](Call& call) {
        call.give(product(call.memory(), call.tensor(0), {call.integer(1)}, call.flag(2),
                          call.maybe_dtype(3)));
      },
      {dtypes::told_or<dtypes::summed>, shapes::reduced});
}

void register_nan_sums(OperatorTable& table) {
  const std::string rest =
      "(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor";
  table.add("aten::nansum" + rest,
            [](Call& call) {
              call.give(sum(call.memory(), without_nans(call.memory(), call.tensor(0)),
                            dims_or_all(call, 1), call.flag(2), call.maybe_dtype(3)));
            },
            {dtypes::told_or<dtypes::summed>, shapes::reduced});
  table.add("aten::nanmean" + rest,
            [](Call& call) {
              call.give(nanmean(call.memory(), call.tensor(0), dims_or_all(call, 1), call.flag(2),
                                call.maybe_dtype(3)));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
}

}  // namespace

Dims dims_or_all(const Call& call, std::size_t i) { return call.maybe_ints(i).value_or(Dims{}); }

std::vector<bool> reduced_dims(const Dims& dims, std::int64_t rank) {
  std::vector<bool> reduced(static_cast<std::size_t>(rank), dims.empty());
  for (const std::int64_t dim : dims) {
    const auto wrapped = static_cast<std::size_t>(wrap_dim(dim, rank));
    if (rank == 0) continue;
    if (reduced[wrapped]) {
      fail("dim " + std::to_string(wrapped) + " appears multiple times in the list of dims");
    }
    reduced[wrapped] = true;
  }
  return reduced;
}

Rows arrange_rows(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim) {
  const std::vector<bool> reduced = reduced_dims(dims, self.dim());
  Dims order;
  Dims last;
  Dims kept_sizes;
  Dims reduced_sizes;
  Rows rows;
  for (std::size_t d = 0; d < reduced.size(); ++d) {
    const std::int64_t size = self.sizes()[d];
    (reduced[d] ? last : order).push_back(static_cast<std::int64_t>(d));
    (reduced[d] ? reduced_sizes : kept_sizes).push_back(size);
    if (!reduced[d]) rows.sizes.push_back(size);
    if (reduced[d] && keepdim) rows.sizes.push_back(1);
  }
  order.insert(order.end(), last.begin(), last.end());
  rows.rows = numel_of(kept_sizes);
  rows.width = numel_of(reduced_sizes);
  rows.tensor = permute(self, order).contiguous(memory);
  return rows;
}

Lines arrange_lines(Allocator& memory, const Tensor& self, std::int64_t dim) {
  Lines lines;
  lines.dim = wrap_dim(dim, self.dim());
  lines.tensor = (self.dim() > 1 ? transpose(self, lines.dim, -1) : self).contiguous(memory);
  lines.width = self.dim() == 0 ? 1 : self.size(lines.dim);
  lines.count = lines.width == 0 ? 0 : self.numel() / lines.width;
  return lines;
}

Tensor Lines::restored(Allocator& memory, const Tensor& result) const {
  return result.dim() > 1 ? transpose(result, dim, -1).contiguous(memory) : result;
}

Tensor sum(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
           std::optional<DType> dtype) {
  const DType common = sum_dtype(self, dtype);
  const DType compute = compute_dtype(common);
  const Rows rows = arrange_rows(memory, widened(memory, self, common), dims, keepdim);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return reduce_rows<T, T>(
                             memory, rows, compute,
                             [](std::span<const T> row) { return static_cast<T>(total(row)); });
                       })
      .to(memory, common);
}

Tensor mean(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
            std::optional<DType> dtype) {
  const DType common = dtype.value_or(self.dtype());
  if (!is_floating(common)) {
    fail("mean(): could not infer output dtype. Input dtype must be a floating point dtype. Got: " +
         std::string(name_of(common)));
  }
  const DType compute = compute_dtype(common);
  const Rows rows = arrange_rows(memory, widened(memory, self, common), dims, keepdim);
  return visit_compute_float(
             compute,
             [&](auto tag) {
               using T = typename decltype(tag)::type;
               return reduce_rows<T, T>(memory, rows, compute, [](std::span<const T> row) {
                 return static_cast<T>(total(row) / static_cast<double>(row.size()));
               });
             })
      .to(memory, common);
}

void register_reduction(OperatorTable& table) {
  register_sums(table);
  register_nan_sums(table);
  register_extremes(table);
  register_norms(table);
  register_distances(table);
  register_variance(table);
  register_softmax(table);
  register_cumulative(table);
  register_logical_reduction(table);
  register_order_statistics(table);
}

}  // namespace henson::runtime
