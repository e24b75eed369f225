// Norms of slices that weights are scaled by: weight normalization and renorm.
#include <algorithm>
#include <cmath>
#include <limits>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/normalization.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

DType computing_dtype(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) throw_unsupported_dtype(tensor.dtype());
  return product_dtype(tensor.dtype());
}

double norm(const double* values, std::int64_t count, double p) {
  double sum = 0;
  double largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double size = std::abs(values[i]);
    largest = size > largest || std::isnan(size) ? size : largest;
    sum += p == 2 ? size * size : std::pow(size, p);
  }
  if (std::isinf(p)) return largest;
  return std::pow(sum, 1 / p);
}

/// The p-norm of every slice along `dim`: [1, …, size of dim, …, 1], in double.
Tensor slice_norms(Allocator& memory, const Tensor& tensor, std::int64_t dim, double p) {
  const std::int64_t count = tensor.size(dim);
  Dims sizes(tensor.sizes().size(), 1);
  sizes[static_cast<std::size_t>(dim)] = count;
  Tensor norms = Tensor::empty(memory, DType::kFloat64, sizes);
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor slice = narrow(tensor, dim, i, 1).to(memory, DType::kFloat64).contiguous(memory);
    norms.mutable_data<double>()[i] = norm(slice.data<double>(), slice.numel(), p);
  }
  return norms;
}

/// tensor * scale, scale broadcast, rounded once.
Tensor scaled(Allocator& memory, const Tensor& tensor, const Tensor& scale) {
  const Tensor x = tensor.to(memory, DType::kFloat64);
  Tensor out = Tensor::empty(memory, DType::kFloat64, tensor.sizes());
  map_into<double, double>(x, expand_to(scale.to(memory, DType::kFloat64), tensor.sizes()), out,
                           [](double a, double b) { return a * b; });
  return out.to(memory, tensor.dtype());
}

struct WeightNorm {
  Tensor weight;
  Tensor norms;
};

/// v * (g / |v|), the norm taken over all dimensions but `dim`; over all of them when dim is -1.
WeightNorm weight_norm(Allocator& memory, const Tensor& v, const Tensor& g, std::int64_t dim) {
  check_same_dtype(v, g);
  computing_dtype(v);
  Tensor norms;
  if (dim == -1) {
    norms =
        reshape(memory, slice_norms(memory, reshape(memory, v, Dims{1, v.numel()}), 0, 2), Dims{});
  } else {
    norms = slice_norms(memory, v, wrap_dim(dim, v.dim()), 2);
  }
  Tensor ratio = Tensor::empty(memory, DType::kFloat64, broadcast_sizes(g.sizes(), norms.sizes()));
  map_into<double, double>(expand_to(g.to(memory, DType::kFloat64), ratio.sizes()),
                           expand_to(norms, ratio.sizes()), ratio,
                           [](double a, double b) { return a / b; });
  return {scaled(memory, v, ratio), norms.to(memory, v.dtype())};
}

/// Slices along `dim` whose norm is above `limit` are shrunk to it.
Tensor renorm(Allocator& memory, const Tensor& tensor, double p, std::int64_t dim, double limit) {
  computing_dtype(tensor);
  if (!(p > 0)) throw Error(ErrorCode::kBadInput, "renorm: non-positive-norm not supported");
  if (limit < 0) throw Error(ErrorCode::kBadInput, "renorm: expected maxnorm to be >= 0");
  if (tensor.dim() < 2) {
    throw Error(ErrorCode::kBadInput, "renorm: input needs at least 2 dimensions, got " +
                                          std::to_string(tensor.dim()) + " dimensions");
  }
  Tensor factors = slice_norms(memory, tensor, wrap_dim(dim, tensor.dim()), p);
  map_into<double, double>(factors, factors, [limit](double size) {
    constexpr double kGuard = 1e-7;  // PyTorch's, against division by zero
    return size > limit ? limit / (size + kGuard) : 1.0;
  });
  return scaled(memory, tensor, factors);
}

/// The second result has the sizes of the slices' norms.
void weight_norm_sizes(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::int64_t> dim = call.integer(2);
  call.result(0).dims = sizes;
  if (dim == -1) call.result(1).dims = Dimensions{};
  if (!sizes || !dim || *dim == -1) return;
  const auto at = Inference::dim_at(dim, sizes->size());
  if (!at) return;
  call.result(1).dims = Dimensions(sizes->size(), Dimension::of(1));
  (*call.result(1).dims)[*at] = (*sizes)[*at];
}

}  // namespace

void register_weight_norm(OperatorTable& table) {
  table.add(
      "aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor",
      [](Call& call) {
        call.give(
            weight_norm(call.memory(), call.tensor(0), call.tensor(1), call.integer(2)).weight);
      },
      {dtypes::shared, shapes::same});
  table.add("aten::_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)",
            [](Call& call) {
              const WeightNorm result =
                  weight_norm(call.memory(), call.tensor(0), call.tensor(1), call.integer(2));
              call.give(result.weight);
              call.give(result.norms);
            },
            {dtypes::shared, weight_norm_sizes});
  table.add("aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor",
            [](Call& call) {
              call.give(renorm(call.memory(), call.tensor(0), call.number(1), call.integer(2),
                               call.number(3)));
            },
            {dtypes::same, shapes::same});
  table.add("aten::renorm_(Tensor(a!) self, Scalar p, int dim, Scalar maxnorm) -> Tensor(a!)",
            [](Call& call) {
              Tensor self = call.tensor(0);
              copy_into(
                  call.memory(), self,
                  renorm(call.memory(), self, call.number(1), call.integer(2), call.number(3)));
              call.give(self);
            },
            {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
