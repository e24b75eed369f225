// A copy of a tensor with a part of it replaced, and the diagonal filled.
#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/indexing.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

void replace(Allocator& memory, Tensor part, const Tensor& source) {
  if (part.sizes() != source.sizes()) {
    fail("expected src to have a size equal to the slice of self. src size = " +
         to_string(source.sizes()) + ", slice size = " + to_string(part.sizes()));
  }
  copy_into(memory, part, source);
}

void select_scatter(Call& call) {
  const Tensor out = call.tensor(0).clone(call.memory());
  replace(call.memory(), select(out, call.integer(2), call.integer(3)), call.tensor(1));
  call.give(out);
}

void slice_scatter(Call& call) {
  const Tensor out = call.tensor(0).clone(call.memory());
  replace(
      call.memory(),
      slice(out, call.integer(2), call.maybe_integer(3), call.maybe_integer(4), call.integer(5)),
      call.tensor(1));
  call.give(out);
}

void diagonal_scatter(Call& call) {
  const Tensor out = call.tensor(0).clone(call.memory());
  replace(call.memory(), diagonal(out, call.integer(2), call.integer(3), call.integer(4)),
          call.tensor(1));
  call.give(out);
}

/// The elements whose indices are all equal; with `wrap`, a tall matrix's diagonal starts again
/// after a row left out.
Tensor fill_diagonal(Allocator& memory, Tensor self, const Scalar& number, bool wrap) {
  const Dims& sizes = self.sizes();
  if (sizes.size() < 2) fail("dimensions must larger than 1");
  if (sizes.size() > 2 &&
      std::any_of(sizes.begin(), sizes.end(), [&](auto size) { return size != sizes[0]; })) {
    fail("all dimensions of input must be of equal length");
  }
  const Tensor value = to_tensor(number, self.dtype());
  const std::int64_t length = *std::min_element(sizes.begin(), sizes.end());
  std::int64_t step = 0;
  for (const std::int64_t stride : self.strides()) step += stride;
  Tensor diagonal = self.with_view({length}, {step}, self.offset());
  copy_into(memory, diagonal, value);
  const std::int64_t period = sizes[1] + 1;
  if (!wrap || sizes.size() != 2) return self;
  for (std::int64_t first = period; first < sizes[0]; first += period) {
    Tensor again = henson::runtime::diagonal(slice(self, 0, first, std::nullopt, 1), 0, 0, 1);
    copy_into(memory, again, value);
  }
  return self;
}

}  // namespace

void register_scattering(OperatorTable& table) {
  table.add("aten::select_scatter(Tensor self, Tensor src, int dim, int index) -> Tensor",
            select_scatter, {dtypes::same, shapes::same});
  table.add(
      "aten::slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, "
      "int step=1) -> Tensor",
      slice_scatter, {dtypes::same, shapes::same});
  table.add(
      "aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> "
      "Tensor",
      diagonal_scatter, {dtypes::same, shapes::same});
  table.add(
      "aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)",
      [](Call& call) {
        call.give(fill_diagonal(call.memory(), call.tensor(0), call.scalar(1), call.flag(2)));
      },
      {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
