// Products of matrices, which linear layers, einsum, convolutions and attention share.
#pragma once

#include <optional>

#include "runtime/operators/operator.h"
#include "runtime/tensor/elements.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// The type that products of `dtype` are summed in: float32 for float16 and bfloat16, int64 for the
/// integers (they wrap, and modulo 2^n a wider type is exact). Throws henson::Error for other
/// types.
DType product_dtype(DType dtype);

/// Calls f(TypeTag<T>{}) with float, double or int64: the types that product_dtype() gives.
template <typename F>
void visit_product_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      return f(TypeTag<float>{});
    case DType::kFloat64:
      return f(TypeTag<double>{});
    case DType::kInt64:
      return f(TypeTag<std::int64_t>{});
    default:
      throw_unsupported_dtype(dtype);
  }
}

/// Throws henson::Error (kBadInput) unless the two are of one dtype.
void check_same_dtype(const Tensor& a, const Tensor& b);

/// a [..., m, k] times b [..., k, n], leading dimensions broadcast; both of one product_dtype().
/// Contiguous, of that same type: whoever calls converts, so that a bias can be added before the
/// sum is rounded.
Tensor product(Allocator& memory, const Tensor& a, const Tensor& b);

/// total = alpha * total + beta * addend. `total` is contiguous and of a product_dtype(); `addend`,
/// of the same type, broadcasts to it. A beta of 0 ignores the addend, NaN or not.
void scale_and_add(Tensor& total, const Tensor& addend, const Scalar& beta, const Scalar& alpha);

/// torch.matmul: the dimensions of either may be 1 or more.
Tensor matmul(Allocator& memory, const Tensor& a, const Tensor& b);

/// x [..., k] · weight [n, k]ᵀ + bias. A weight of [k] gives [...].
Tensor linear(Allocator& memory, const Tensor& x, const Tensor& weight,
              const std::optional<Tensor>& bias);

}  // namespace henson::runtime
