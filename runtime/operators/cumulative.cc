// Running sums, products and extremes along a dimension.
#include <cmath>
#include <limits>
#include <string>

#include "runtime/operators/reduction.h"

namespace henson::runtime {
namespace {

DType cumulative_dtype(const Tensor& self, std::optional<DType> dtype) {
  if (dtype) return *dtype;
  return is_floating(self.dtype()) ? self.dtype() : DType::kInt64;
}

/// f(accumulator, x) → accumulator, written out at each step.
template <typename F>
Tensor accumulate(Allocator& memory, const Tensor& self, std::int64_t dim, DType common, int start,
                  F f) {
  if (common == DType::kBool && self.dim() > 0) throw_unsupported_dtype(common);
  const DType compute = compute_dtype(common);
  const Lines lines = arrange_lines(memory, widened(memory, self, common), dim);
  const Tensor out = visit_compute(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    return map_lines<T, T>(memory, lines, compute,
                           [&](std::span<const T> row, std::span<T> result) {
                             A sofar = static_cast<A>(start);
                             for (std::size_t i = 0; i < row.size(); ++i) {
                               sofar = f(sofar, static_cast<A>(row[i]));
                               result[i] = static_cast<T>(sofar);
                             }
                           });
  });
  return lines.restored(memory, out).to(memory, common);
}

Tensor cumulate(Allocator& memory, const Tensor& self, std::int64_t dim, DType common,
                bool product) {
  if (product)
    return accumulate(memory, self, dim, common, 1, [](auto a, auto x) { return a * x; });
  return accumulate(memory, self, dim, common, 0, [](auto a, auto x) { return a + x; });
}

/// The largest (smallest) so far and the last place that it was at; NaN stays.
template <bool kLargest>
void running_extreme(Call& call) {
  const Tensor self = call.tensor(0);
  const DType compute = compute_dtype(self.dtype());
  const Lines lines =
      arrange_lines(call.memory(), widened(call.memory(), self, self.dtype()), call.integer(1));
  Tensor indices = lines.like(call.memory(), DType::kInt64);
  const Tensor values = visit_compute(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::int64_t* place = indices.mutable_data<std::int64_t>();
    return map_lines<T, T>(
        call.memory(), lines, compute, [&](std::span<const T> row, std::span<T> out) {
          std::size_t best = 0;
          for (std::size_t i = 0; i < row.size(); ++i) {
            const bool better = kLargest ? row[i] >= row[best] : row[i] <= row[best];
            const bool nan = row[i] != row[i];
            if (nan || (row[best] == row[best] && better)) best = i;
            out[i] = row[best];
            *place++ = static_cast<std::int64_t>(best);
          }
        });
  });
  call.give(lines.restored(call.memory(), values).to(call.memory(), self.dtype()));
  call.give(lines.restored(call.memory(), indices));
}

Tensor logcumsumexp(Allocator& memory, const Tensor& self, std::int64_t dim) {
  if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
  const DType compute = compute_dtype(self.dtype());
  const Lines lines = arrange_lines(memory, widened(memory, self, self.dtype()), dim);
  const Tensor out = visit_compute_float(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_lines<T, T>(memory, lines, compute, [](std::span<const T> row, std::span<T> result) {
      double sofar = -std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto x = static_cast<double>(row[i]);
        const double larger = std::isnan(x) || x > sofar ? x : sofar;
        const double smaller = x > sofar ? sofar : x;
        // Equal infinities have no difference.
        sofar = std::isinf(larger) && larger == smaller
                    ? larger
                    : larger + std::log1p(std::exp(smaller - larger));
        result[i] = static_cast<T>(sofar);
      }
    });
  });
  return lines.restored(memory, out).to(memory, self.dtype());
}

template <bool kProduct>
void add_cumulative(OperatorTable& table, const std::string& name) {
  constexpr Trait kTrait = kProduct ? Trait::kNone : Trait::kAccumulates;
  const std::string rest = " self, int dim, *, ScalarType? dtype=None) -> Tensor";
  table.add("aten::" + name + "(Tensor" + rest,
            [](Call& call) {
              const Tensor self = call.tensor(0);
              const DType dtype = cumulative_dtype(self, call.maybe_dtype(2));
              call.give(cumulate(call.memory(), self, call.integer(1), dtype, kProduct));
            },
            {dtypes::told_or<dtypes::summed>, shapes::same, kTrait});
  table.add("aten::" + name + "_(Tensor(a!)" + rest + "(a!)",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              call.give(write_result(
                  call.memory(), self,
                  cumulate(call.memory(), self, call.integer(1), self.dtype(), kProduct)));
            },
            {dtypes::same, shapes::same, kTrait});
}

}  // namespace

void register_cumulative(OperatorTable& table) {
  add_cumulative<false>(table, "cumsum");
  add_cumulative<true>(table, "cumprod");
  table.add("aten::cummax(Tensor self, int dim) -> (Tensor, Tensor)", running_extreme<true>,
            {dtypes::with_places, shapes::same});
  table.add("aten::cummin(Tensor self, int dim) -> (Tensor, Tensor)", running_extreme<false>,
            {dtypes::with_places, shapes::same});
  table.add(
      "aten::logcumsumexp(Tensor self, int dim) -> Tensor",
      [](Call& call) { call.give(logcumsumexp(call.memory(), call.tensor(0), call.integer(1))); },
      {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
