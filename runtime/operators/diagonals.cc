// Triangles and diagonals of matrices.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/joining.h"
#include "runtime/operators/moving.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Sets the elements beyond a diagonal of each matrix to zero. `matrices` is contiguous.
template <bool lower>
void clear_beyond(Tensor& matrices, std::int64_t diagonal) {
  const std::int64_t rows = matrices.size(-2);
  const std::int64_t columns = matrices.size(-1);
  const std::int64_t offset = std::clamp(diagonal, -rows - 1, columns + 1);
  const std::int64_t lines = columns == 0 ? 0 : matrices.numel() / columns;
  visit_width(matrices.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* line = matrices.mutable_data<T>();
    for (std::int64_t i = 0; i < lines; ++i, line += columns) {
      // The lower triangle keeps columns up to row + offset, the upper one those from there.
      const std::int64_t bound =
          std::clamp<std::int64_t>(i % rows + offset + (lower ? 1 : 0), 0, columns);
      if (lower) {
        std::fill(line + bound, line + columns, T{0});
      } else {
        std::fill(line, line + bound, T{0});
      }
    }
  });
}

template <bool lower>
Tensor triangle(Allocator& memory, const Tensor& self, std::int64_t diagonal) {
  if (self.dim() < 2) {
    fail(std::string(lower ? "tril" : "triu") + ": input tensor must have at least 2 dimensions");
  }
  Tensor copy = self.clone(memory);
  clear_beyond<lower>(copy, diagonal);
  return copy;
}

template <bool lower>
void triangle_kernel(Call& call) {
  call.give(triangle<lower>(call.memory(), call.tensor(0), call.integer(1)));
}

template <bool lower>
void triangle_in_place_kernel(Call& call) {
  Tensor self = call.tensor(0);
  copy_into(call.memory(), self, triangle<lower>(call.memory(), self, call.integer(1)));
  call.give(self);
}

/// Zeros with self's last dimension on a diagonal of two new ones.
Tensor diag_embed(Allocator& memory, const Tensor& self, std::int64_t offset, std::int64_t dim1,
                  std::int64_t dim2) {
  const std::int64_t rank = self.dim() + 1;
  const std::int64_t first = wrap_dim(dim1, rank);
  const std::int64_t second = wrap_dim(dim2, rank);
  if (first == second) fail("diagonal dimensions cannot be identical");
  if (self.dim() == 0) fail("diag_embed: the tensor has no dimension");
  std::int64_t size = self.size(-1);
  if (offset == std::numeric_limits<std::int64_t>::min() ||
      __builtin_add_overflow(size, std::abs(offset), &size)) {
    fail("diag_embed: the offset is too large");
  }
  Dims sizes = self.sizes();
  sizes.pop_back();
  for (const std::int64_t at : {std::min(first, second), std::max(first, second)}) {
    sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(at), size);
  }
  const Tensor out = zeros(memory, self.dtype(), sizes);
  Tensor target = diagonal(out, offset, first, second);
  copy_into(memory, target, self);
  return out;
}

Tensor diag(Allocator& memory, const Tensor& self, std::int64_t offset) {
  if (self.dim() == 1) return diag_embed(memory, self, offset, 0, 1);
  if (self.dim() == 2) return diagonal(self, offset, 0, 1).clone(memory);
  fail("diag(): Supports 1D or 2D tensors. Got " + std::to_string(self.dim()) + "D");
}

/// The sum of a matrix's diagonal: integers in int64, as sums are.
Tensor trace(Allocator& memory, const Tensor& self) {
  if (self.dim() != 2) fail("trace: expected a matrix");
  if (self.dtype() == DType::kBool) fail("trace is not implemented for bool");
  const Tensor line = diagonal(self, 0, 0, 1);
  if (is_floating(self.dtype())) {
    double sum = 0;
    const Tensor wide = line.to(memory, DType::kFloat64).contiguous(memory);
    for (std::int64_t i = 0; i < wide.numel(); ++i) sum += wide.data<double>()[i];
    return Tensor::scalar(sum, self.dtype());
  }
  std::uint64_t sum = 0;
  const Tensor wide = line.to(memory, DType::kInt64).contiguous(memory);
  for (std::int64_t i = 0; i < wide.numel(); ++i) {
    sum += static_cast<std::uint64_t>(wide.data<std::int64_t>()[i]);
  }
  return Tensor::scalar(static_cast<std::int64_t>(sum));
}

/// A diagonal of that many elements, so far from the main one, needs such a matrix.
Dimension side(const Dimension& length, std::int64_t offset) {
  const Dimension away = Dimension::of(offset);
  return offset < 0 ? length - away : length + away;
}

void embedded(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto offset = call.integer(1);
  const auto dim1 = call.integer("dim1", -2);
  const auto dim2 = call.integer("dim2", -1);
  if (!sizes || !offset || !dim1 || !dim2) return;
  const std::size_t first = Inference::wrap(*dim1, sizes->size() + 1);
  const std::size_t second = Inference::wrap(*dim2, sizes->size() + 1);
  if (sizes->empty() || first == second) throw Mismatch{};
  const Dimension size = side(sizes->back(), *offset);
  sizes->pop_back();
  for (const std::size_t at : {std::min(first, second), std::max(first, second)}) {
    sizes->insert(sizes->begin() + static_cast<std::ptrdiff_t>(at), size);
  }
  call.give(*sizes);
}

void embedded_flat(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto offset = call.integer(1);
  if (!sizes || !offset) return;
  Dimension count = Dimension::of(1);
  for (const Dimension& size : *sizes) count = count * size;
  call.give({side(count, *offset), side(count, *offset)});
}

void diagonal_of(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (sizes) return sizes->size() == 1 ? embedded(call) : shapes::diagonal(call);
}

constexpr Rule kTriangle{dtypes::same, shapes::same, Trait::kNone, NumberUse::kCounts};

}  // namespace

void register_diagonals(OperatorTable& table) {
  table.add("aten::tril(Tensor self, int diagonal=0) -> Tensor", triangle_kernel<true>, kTriangle);
  table.add("aten::triu(Tensor self, int diagonal=0) -> Tensor", triangle_kernel<false>, kTriangle);
  table.add("aten::tril_(Tensor(a!) self, int diagonal=0) -> Tensor(a!)",
            triangle_in_place_kernel<true>, kTriangle);
  table.add("aten::triu_(Tensor(a!) self, int diagonal=0) -> Tensor(a!)",
            triangle_in_place_kernel<false>, kTriangle);
  table.add("aten::diag(Tensor self, int diagonal=0) -> Tensor",
            [](Call& call) { call.give(diag(call.memory(), call.tensor(0), call.integer(1))); },
            {dtypes::same, diagonal_of});
  table.add("aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
            [](Call& call) {
              call.give(diag_embed(call.memory(), call.tensor(0), call.integer(1), call.integer(2),
                                   call.integer(3)));
            },
            {dtypes::same, embedded});
  table.add("aten::diagflat(Tensor self, int offset=0) -> Tensor",
            [](Call& call) {
              call.give(diag_embed(call.memory(), reshape(call.memory(), call.tensor(0), Dims{-1}),
                                   call.integer(1), 0, 1));
            },
            {dtypes::same, embedded_flat});
  table.add("aten::trace(Tensor self) -> Tensor",
            [](Call& call) { call.give(trace(call.memory(), call.tensor(0))); },
            {dtypes::summed, shapes::scalar});
}

}  // namespace henson::runtime
