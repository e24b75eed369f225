// Operators that reduce dimensions: a tensor is laid out with the reduced dimensions last, and each
// row of it gives one result.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/operators/elementwise.h"

namespace henson::runtime {

/// A tensor with its reduced dimensions last, contiguous: rows × width elements.
struct Rows {
  Tensor tensor;
  std::int64_t rows = 0;
  std::int64_t width = 0;
  Dims sizes;  // of the result
};
/// No `dims` reduce all. Throws henson::Error (kBadInput) for a dimension out of range or twice.
Rows arrange_rows(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim);
/// The dimensions that are reduced, as a boolean for each.
std::vector<bool> reduced_dims(const Dims& dims, std::int64_t rank);

/// The result for each row: f(std::span<const T>) → R.
template <typename T, typename R, typename F>
Tensor reduce_rows(Allocator& memory, const Rows& rows, DType result, F f) {
  Tensor out = Tensor::empty(memory, result, rows.sizes);
  const T* const source = rows.tensor.data<T>();
  R* const target = out.mutable_data<R>();
  StopPace pace;
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    pace.did(rows.width);
    target[i] =
        f(std::span<const T>(source + i * rows.width, static_cast<std::size_t>(rows.width)));
  }
  return out;
}

/// Rows along one dimension for operators that keep it (softmax, cumsum, sort): `tensor` is
/// contiguous with that dimension last.
struct Lines {
  Tensor tensor;
  std::int64_t dim = 0;
  std::int64_t count = 0;
  std::int64_t width = 0;

  /// A new tensor as `tensor` is laid out.
  Tensor like(Allocator& memory, DType dtype) const {
    return Tensor::empty(memory, dtype, tensor.sizes());
  }
  /// A tensor laid out as `tensor`, with the dimension back in its place.
  Tensor restored(Allocator& memory, const Tensor& result) const;
};
Lines arrange_lines(Allocator& memory, const Tensor& self, std::int64_t dim);

/// out = f(row in, row out) for each line.
template <typename T, typename R, typename F>
Tensor map_lines(Allocator& memory, const Lines& lines, DType result, F f) {
  Tensor out = lines.like(memory, result);
  const T* const source = lines.tensor.data<T>();
  R* const target = out.mutable_data<R>();
  const auto width = static_cast<std::size_t>(lines.width);
  StopPace pace;
  for (std::int64_t i = 0; i < lines.count; ++i) {
    pace.did(lines.width);
    f(std::span<const T>(source + i * lines.width, width),
      std::span<R>(target + i * lines.width, width));
  }
  return out;
}

/// What sums are added up in: double for float, so that their order does not matter.
template <typename T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

/// The sum over `dims` (none: all), in `dtype` or, without one, in the tensor's own (integers and
/// bool: int64).
Tensor sum(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
           std::optional<DType> dtype = {});
Tensor mean(Allocator& memory, const Tensor& self, const Dims& dims, bool keepdim,
            std::optional<DType> dtype = {});
/// The p-norm over `dims` (none: all). Throws for integers.
Tensor vector_norm(Allocator& memory, const Tensor& self, double p, const Dims& dims, bool keepdim,
                   std::optional<DType> dtype = {});
Tensor softmax(Allocator& memory, const Tensor& self, std::int64_t dim);

/// Optional dims of a call, none for all.
Dims dims_or_all(const Call& call, std::size_t i);

void register_extremes(OperatorTable& table);
void register_norms(OperatorTable& table);
void register_distances(OperatorTable& table);
void register_variance(OperatorTable& table);
void register_softmax(OperatorTable& table);
void register_cumulative(OperatorTable& table);
void register_logical_reduction(OperatorTable& table);
void register_order_statistics(OperatorTable& table);

}  // namespace henson::runtime
