// Operators that compute element by element: operands, broadcasting, the type computed in.
//
// Halves and bfloat16 are computed in float, integers and bool in int64 (which wraps to the same
// bits as arithmetic in the narrower type), so that every operator is compiled for int64, float and
// double alone.
#pragma once

#include <array>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include "runtime/operators/operator.h"
#include "runtime/operators/promotion.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {

/// A tensor, or a number of the code, which is a 0-dimensional tensor that weighs less in
/// promotion.
struct Operand {
  Tensor tensor;
  bool number = false;

  Operand() = default;
  Operand(const Tensor& of) : tensor(of) {}  // NOLINT: a tensor is an operand
  Operand(const Scalar& of);                 // NOLINT: so is a number
};
/// Argument i, a tensor or a number.
Operand operand(const Call& call, std::size_t i);

/// The type that the operands have together.
DType promoted(std::initializer_list<Operand> operands);
/// The same, and float32 where that is no floating type.
DType promoted_to_float(std::initializer_list<Operand> operands);
inline DType floating(DType dtype) { return is_floating(dtype) ? dtype : DType::kFloat32; }

/// float32 for half and bfloat16, int64 for integers and bool, itself otherwise.
DType compute_dtype(DType dtype);
/// The elements as they enter a computation in `common`: rounded to it, then widened.
Tensor widened(Allocator& memory, const Tensor& tensor, DType common);

/// Throws when a result of `computed` cannot be written into `target`, for its type (a float into
/// an integer), its size or its shared elements.
void check_result_fits(const Tensor& target, DType computed, std::span<const std::int64_t> sizes);
/// target = result, converted; returns target.
Tensor write_result(Allocator& memory, Tensor target, const Tensor& result);

/// Calls f(TypeTag<T>{}) for int64, float and double, the types that are computed in.
template <typename F>
decltype(auto) visit_compute(DType compute, F&& f) {
  switch (compute) {
    case DType::kInt64:
      return f(TypeTag<std::int64_t>{});
    case DType::kFloat32:
      return f(TypeTag<float>{});
    case DType::kFloat64:
      return f(TypeTag<double>{});
    default:
      throw_unsupported_dtype(compute);
  }
}

/// The same for floating types alone.
template <typename F>
decltype(auto) visit_compute_float(DType compute, F&& f) {
  if (compute == DType::kFloat32) return f(TypeTag<float>{});
  if (compute == DType::kFloat64) return f(TypeTag<double>{});
  throw_unsupported_dtype(compute);
}

namespace internal {

/// out[i] = f(inputs[i]…) over rows of the last dimension; all of out's size.
template <typename T, typename R, std::size_t N, typename F, std::size_t... I>
void map_rows(const std::array<Tensor, N>& inputs, Tensor& out, F& f, std::index_sequence<I...>) {
  const Dims& sizes = out.sizes();
  const std::int64_t count = out.numel();
  if (count == 0) return;
  R* const target = out.mutable_data<R>();
  const std::array<const T*, N> sources{inputs[I].template data<T>()...};
  if (out.is_contiguous() && (inputs[I].is_contiguous() && ...)) {
    in_pieces(count, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) target[i] = f(sources[I][i]...);
    });
    return;
  }
  const std::size_t outer = sizes.empty() ? 0 : sizes.size() - 1;
  const std::int64_t width = sizes.empty() ? 1 : sizes.back();
  const auto step = [&](const Tensor& t) { return sizes.empty() ? 0 : t.strides().back(); };
  const auto lead = [&](const Dims& dims) {
    return std::span<const std::int64_t>(dims).first(outer);
  };
  const std::array<std::int64_t, N + 1> steps{step(inputs[I])..., step(out)};
  StridedWalk<N + 1> walk(lead(sizes), {lead(inputs[I].strides())..., lead(out.strides())});
  StopPace pace;
  for (std::int64_t row = 0; row < count / width; ++row, walk.next()) {
    pace.did(width);
    const auto& at = walk.offsets();
    for (std::int64_t i = 0; i < width; ++i) {
      target[at[N] + i * steps[N]] = f(sources[I][at[I] + i * steps[I]]...);
    }
  }
}

}  // namespace internal

/// f over tensors of type T, broadcast together; a new tensor of type R, which `result` names.
template <typename T, typename R, std::size_t N, typename F>
Tensor map_elements(Allocator& memory, std::array<Tensor, N> inputs, DType result, F&& f) {
  Dims sizes = inputs[0].sizes();
  for (std::size_t i = 1; i < N; ++i) sizes = broadcast_sizes(sizes, inputs[i].sizes());
  for (Tensor& input : inputs) input = expand_to(input, sizes);
  Tensor out = Tensor::empty(memory, result, sizes);
  internal::map_rows<T, R>(inputs, out, f, std::make_index_sequence<N>{});
  return out;
}

/// f(x) of every element, computed in the type for `common` and rounded to it.
template <typename F>
Tensor unary(Allocator& memory, const Tensor& self, DType common, F f) {
  const DType compute = compute_dtype(common);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return map_elements<T, T>(
                             memory, std::array{widened(memory, self, common)}, compute, f);
                       })
      .to(memory, common);
}

/// The same for functions of real numbers: integers become float32.
template <typename F>
Tensor unary_float(Allocator& memory, const Tensor& self, F f) {
  const DType common = floating(self.dtype());
  const DType compute = compute_dtype(common);
  return visit_compute_float(compute,
                             [&](auto tag) {
                               using T = typename decltype(tag)::type;
                               return map_elements<T, T>(
                                   memory, std::array{widened(memory, self, common)}, compute, f);
                             })
      .to(memory, common);
}

/// f(x, y) of all pairs of elements, computed in the type for `common` and rounded to it.
template <typename F>
Tensor binary(Allocator& memory, const Operand& a, const Operand& b, DType common, F f) {
  const DType compute = compute_dtype(common);
  return visit_compute(compute,
                       [&](auto tag) {
                         using T = typename decltype(tag)::type;
                         return map_elements<T, T>(memory,
                                                   std::array{widened(memory, a.tensor, common),
                                                              widened(memory, b.tensor, common)},
                                                   compute, f);
                       })
      .to(memory, common);
}

template <typename F>
Tensor binary_float(Allocator& memory, const Operand& a, const Operand& b, DType common, F f) {
  const DType compute = compute_dtype(common);
  return visit_compute_float(
             compute,
             [&](auto tag) {
               using T = typename decltype(tag)::type;
               return map_elements<T, T>(
                   memory,
                   std::array{widened(memory, a.tensor, common), widened(memory, b.tensor, common)},
                   compute, f);
             })
      .to(memory, common);
}

/// Arithmetic of halves takes the one-element operand, if there is one, unrounded, as PyTorch's
/// kernels do. Returns both operands in the type for `common`.
std::array<Tensor, 2> widened_pair(Allocator& memory, const Operand& a, const Operand& b,
                                   DType common);

/// f(x, y) → bool, compared in the promoted type.
template <typename F>
Tensor compare(Allocator& memory, const Operand& a, const Operand& b, F f) {
  const DType common = promoted({a, b});
  return visit_compute(compute_dtype(common), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_elements<T, bool>(
        memory, std::array{widened(memory, a.tensor, common), widened(memory, b.tensor, common)},
        DType::kBool, f);
  });
}

/// f(x) → bool.
template <typename F>
Tensor test_elements(Allocator& memory, const Tensor& self, F f) {
  return visit_compute(compute_dtype(self.dtype()), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_elements<T, bool>(memory, std::array{widened(memory, self, self.dtype())},
                                 DType::kBool, f);
  });
}

}  // namespace henson::runtime
