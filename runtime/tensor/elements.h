// Walking over the elements of tensors whatever their strides, and dispatch over dtypes: what every
// reference kernel is made of.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "runtime/tensor/half.h"
#include "runtime/tensor/stop.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

template <typename T>
struct TypeTag {
  using type = T;
};

[[noreturn]] void throw_unsupported_dtype(DType dtype);

/// Calls f(TypeTag<T>{}) with the C++ type of a dtype that is not quantized; throws for a quantized
/// one.
template <typename F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kUInt8:
      return f(TypeTag<std::uint8_t>{});
    case DType::kInt8:
      return f(TypeTag<std::int8_t>{});
    case DType::kInt16:
      return f(TypeTag<std::int16_t>{});
    case DType::kInt32:
      return f(TypeTag<std::int32_t>{});
    case DType::kInt64:
      return f(TypeTag<std::int64_t>{});
    case DType::kFloat16:
      return f(TypeTag<Half>{});
    case DType::kFloat32:
      return f(TypeTag<float>{});
    case DType::kFloat64:
      return f(TypeTag<double>{});
    case DType::kBool:
      return f(TypeTag<bool>{});
    case DType::kBFloat16:
      return f(TypeTag<BFloat16>{});
    default:
      throw_unsupported_dtype(dtype);
  }
}

template <typename T>
inline constexpr bool is_reduced_float = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

/// The type to compute in: float for half and bfloat16, as PyTorch's CPU kernels do; T itself
/// otherwise.
template <typename T>
using Compute = std::conditional_t<is_reduced_float<T>, float, T>;

/// Steps through `sizes` in row-major order, keeping the element offsets of N operands.
template <std::size_t N>
class StridedWalk {
 public:
  StridedWalk(std::span<const std::int64_t> sizes,
              std::array<std::span<const std::int64_t>, N> strides)
      : sizes_(sizes), strides_(strides), index_(sizes.size(), 0) {}

  const std::array<std::int64_t, N>& offsets() const noexcept { return offsets_; }
  void next() {
    pace_.did(1);
    for (std::size_t d = sizes_.size(); d-- > 0;) {
      for (std::size_t n = 0; n < N; ++n) offsets_[n] += strides_[n][d];
      if (++index_[d] < sizes_[d]) return;
      for (std::size_t n = 0; n < N; ++n) offsets_[n] -= strides_[n][d] * sizes_[d];
      index_[d] = 0;
    }
  }

 private:
  std::span<const std::int64_t> sizes_;
  std::array<std::span<const std::int64_t>, N> strides_;
  std::vector<std::int64_t> index_;
  std::array<std::int64_t, N> offsets_{};
  StopPace pace_;
};

/// out[i] = f(a[i]): `a` of type T, `out` of type R and of a's size.
template <typename T, typename R, typename F>
void map_into(const Tensor& a, Tensor& out, F&& f) {
  const T* const source = a.data<T>();
  R* const target = out.mutable_data<R>();
  const std::int64_t count = a.numel();
  if (a.is_contiguous() && out.is_contiguous()) {
    in_pieces(count, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) target[i] = f(source[i]);
    });
    return;
  }
  StridedWalk<2> walk(a.sizes(), {a.strides(), out.strides()});
  for (std::int64_t i = 0; i < count; ++i, walk.next()) {
    target[walk.offsets()[1]] = f(source[walk.offsets()[0]]);
  }
}

/// out[i] = f(a[i], b[i]): `a` and `b` of type T, `out` of type R, all of one size (expand_to
/// first).
template <typename T, typename R, typename F>
void map_into(const Tensor& a, const Tensor& b, Tensor& out, F&& f) {
  const T* const x = a.data<T>();
  const T* const y = b.data<T>();
  R* const target = out.mutable_data<R>();
  const std::int64_t count = out.numel();
  if (a.is_contiguous() && b.is_contiguous() && out.is_contiguous()) {
    in_pieces(count, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) target[i] = f(x[i], y[i]);
    });
    return;
  }
  StridedWalk<3> walk(out.sizes(), {a.strides(), b.strides(), out.strides()});
  for (std::int64_t i = 0; i < count; ++i, walk.next()) {
    const auto& at = walk.offsets();
    target[at[2]] = f(x[at[0]], y[at[1]]);
  }
}

/// Writes the elements of `source` (of any dtype, broadcast to target's size) into `target`,
/// converted as PyTorch converts. Right also when the two overlap.
void copy_into(Allocator& memory, Tensor& target, const Tensor& source);

}  // namespace henson::runtime
