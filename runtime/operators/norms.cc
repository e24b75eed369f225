// Norms of vectors.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/reduction.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// f(|x|) added up.
template <typename T, typename F>
double total_of(std::span<const T> row, F f) {
  double total = 0;
  for (const T x : row) total += f(std::abs(static_cast<double>(x)));
  return total;
}

/// The largest (or smallest) |x|; NaN wins.
template <typename T>
double extreme_of(std::span<const T> row, bool largest) {
  double best = largest ? 0 : kInfinity;
  for (const T x : row) {
    const double size = std::abs(static_cast<double>(x));
    if (std::isnan(size)) return size;
    best = largest ? std::max(best, size) : std::min(best, size);
  }
  return best;
}

template <typename T>
double norm_of(std::span<const T> row, double p) {
  if (p == kInfinity) return extreme_of(row, true);
  if (p == -kInfinity) return extreme_of(row, false);
  if (p == 0) return total_of(row, [](double x) { return x != 0 ? 1.0 : 0.0; });
  if (p == 1) return total_of(row, [](double x) { return x; });
  if (p == 2) return std::sqrt(total_of(row, [](double x) { return x * x; }));
  return std::pow(total_of(row, [p](double x) { return std::pow(x, p); }), 1 / p);
}

/// linalg_norm without an order: of vectors and, over two dimensions, Frobenius'.
Tensor linalg_norm(Call& call) {
  const Tensor self = call.tensor(0);
  const Dims dims = dims_or_all(call, 2);
  const std::size_t reduced = dims.empty() ? static_cast<std::size_t>(self.dim()) : dims.size();
  const std::optional<double> order = call.maybe_number(1);
  if (order && reduced > 1) {
    throw Error(ErrorCode::kUnsupported, "linalg_norm of a matrix with an order is not supported");
  }
  return vector_norm(call.memory(), self, order.value_or(2), dims, call.flag(3),
                     call.maybe_dtype(4));
}

void linalg_norm_named(Call& call) {
  if (call.string(1) != "fro") {
    throw Error(ErrorCode::kUnsupported,
                "linalg_norm of the order \"" + call.string(1) + "\" is not supported");
  }
  call.give(vector_norm(call.memory(), call.tensor(0), 2, dims_or_all(call, 2), call.flag(3),
                        call.maybe_dtype(4)));
}

void register_linalg(OperatorTable& table) {
  const std::string rest =
      "int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor";
  table.add("aten::linalg_vector_norm(Tensor self, Scalar ord=2, " + rest,
            [](Call& call) {
              call.give(vector_norm(call.memory(), call.tensor(0), call.number(1),
                                    dims_or_all(call, 2), call.flag(3), call.maybe_dtype(4)));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::linalg_norm(Tensor self, Scalar? ord=None, " + rest,
            [](Call& call) { call.give(linalg_norm(call)); },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::linalg_norm.ord_str(Tensor self, str ord, " + rest, linalg_norm_named,
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
}

}  // namespace

Tensor vector_norm(Allocator& memory, const Tensor& self, double p, const Dims& dims, bool keepdim,
                   std::optional<DType> dtype) {
  const DType common = dtype.value_or(self.dtype());
  if (!is_floating(self.dtype()) || !is_floating(common)) {
    fail("linalg.vector_norm: Expected a floating point tensor as input. Got " +
         std::string(name_of(self.dtype())));
  }
  const DType compute = compute_dtype(common);
  const Rows rows = arrange_rows(memory, widened(memory, self, common), dims, keepdim);
  if (rows.width == 0 && rows.rows > 0 && (p < 0 || p == kInfinity)) {
    fail("linalg.vector_norm cannot compute the " + std::to_string(p) +
         " norm on an empty tensor because the operation does not have an identity");
  }
  return visit_compute_float(compute,
                             [&](auto tag) {
                               using T = typename decltype(tag)::type;
                               return reduce_rows<T, T>(memory, rows, compute,
                                                        [p](std::span<const T> row) {
                                                          return static_cast<T>(norm_of(row, p));
                                                        });
                             })
      .to(memory, common);
}

void register_norms(OperatorTable& table) {
  table.add("aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor",
            [](Call& call) {
              call.give(vector_norm(call.memory(), call.tensor(0), call.number(1), {}, false));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add(
      "aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> "
      "Tensor",
      [](Call& call) {
        call.give(vector_norm(call.memory(), call.tensor(0), call.maybe_number(1).value_or(2),
                              call.ints(2), call.flag(3)));
      },
      {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add(
      "aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, "
      "ScalarType dtype) -> Tensor",
      [](Call& call) {
        call.give(vector_norm(call.memory(), call.tensor(0), call.maybe_number(1).value_or(2),
                              call.ints(2), call.flag(3), call.dtype(4)));
      },
      {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor",
            [](Call& call) {
              call.give(vector_norm(call.memory(), call.tensor(0), call.maybe_number(1).value_or(2),
                                    {}, false, call.dtype(2)));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::frobenius_norm(Tensor self) -> Tensor",
            [](Call& call) { call.give(vector_norm(call.memory(), call.tensor(0), 2, {}, false)); },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  table.add("aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
            [](Call& call) {
              call.give(vector_norm(call.memory(), call.tensor(0), 2, call.ints(1), call.flag(2)));
            },
            {dtypes::told_or<dtypes::same<0>>, shapes::reduced});
  register_linalg(table);
}

}  // namespace henson::runtime
