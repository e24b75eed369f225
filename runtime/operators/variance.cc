// Variance and standard deviation.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/reduction.h"

namespace henson::runtime {
namespace {

struct Options {
  Dims dims;
  double correction = 1;  // what is taken from the count: 1 for an unbiased estimate
  bool keepdim = false;
  bool root = false;
};

template <typename T>
double variance_of(std::span<const T> row, double correction) {
  const auto count = static_cast<double>(row.size());
  double total = 0;
  for (const T x : row) total += static_cast<double>(x);
  const double average = total / count;
  double squares = 0;
  for (const T x : row) {
    const double distance = static_cast<double>(x) - average;
    squares += distance * distance;
  }
  return squares / std::max(count - correction, 0.0);
}

Tensor variance(Allocator& memory, const Tensor& self, const Options& options) {
  const DType dtype = self.dtype();
  if (!is_floating(dtype)) {
    throw Error(ErrorCode::kBadInput, "std and var only support floating point dtypes");
  }
  const DType compute = compute_dtype(dtype);
  const Rows rows =
      arrange_rows(memory, widened(memory, self, dtype), options.dims, options.keepdim);
  return visit_compute_float(compute,
                             [&](auto tag) {
                               using T = typename decltype(tag)::type;
                               return reduce_rows<T, T>(
                                   memory, rows, compute, [&](std::span<const T> row) {
                                     const double value = variance_of(row, options.correction);
                                     return static_cast<T>(options.root ? std::sqrt(value) : value);
                                   });
                             })
      .to(memory, dtype);
}

Options all_options(const Call& call) { return {{}, call.flag(1) ? 1.0 : 0.0, false, false}; }
Options dim_options(const Call& call) {
  return {dims_or_all(call, 1), call.flag(2) ? 1.0 : 0.0, call.flag(3), false};
}
Options correction_options(const Call& call) {
  return {dims_or_all(call, 1), call.maybe_number(2).value_or(1), call.flag(3), false};
}

/// `kRoot`: the standard deviation; `kMean`: a second result.
template <Options (*kOptions)(const Call&), bool kRoot, bool kMean>
void kernel(Call& call) {
  Options options = kOptions(call);
  options.root = kRoot;
  call.give(variance(call.memory(), call.tensor(0), options));
  if (kMean) call.give(mean(call.memory(), call.tensor(0), options.dims, options.keepdim));
}

template <bool kRoot, bool kMean>
void add_forms(OperatorTable& table, const std::string& name) {
  const std::string result = kMean ? " -> (Tensor, Tensor)" : " -> Tensor";
  table.add("aten::" + name + "(Tensor self, bool unbiased=True)" + result,
            kernel<all_options, kRoot, kMean>, {dtypes::same, shapes::reduced});
  table.add("aten::" + name +
                ".dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)" + result,
            kernel<dim_options, kRoot, kMean>, {dtypes::same, shapes::reduced});
  table.add("aten::" + name +
                ".correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, "
                "bool keepdim=False)" +
                result,
            kernel<correction_options, kRoot, kMean>, {dtypes::same, shapes::reduced});
}

}  // namespace

void register_variance(OperatorTable& table) {
  add_forms<false, false>(table, "var");
  add_forms<true, false>(table, "std");
  add_forms<false, true>(table, "var_mean");
  add_forms<true, true>(table, "std_mean");
}

}  // namespace henson::runtime
