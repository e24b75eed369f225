// Places of values in sorted sequences.
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/sorting.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Before equal elements, or after them with `right`. NaN belongs at the end.
template <typename T>
std::int64_t place_of(std::span<const T> row, T value, bool right) {
  std::size_t first = 0;
  std::size_t last = row.size();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    const bool beyond = right ? row[middle] > value : row[middle] >= value;
    if (beyond) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return static_cast<std::int64_t>(first);
}

/// `sequence` is one row for all values, or has a row for each row of values.
Tensor search(Allocator& memory, const Tensor& sequence, const Operand& values, bool as_int32,
              bool right) {
  const Tensor& wanted = values.tensor;
  const bool one_row = sequence.dim() == 1;
  if (sequence.dtype() == DType::kBool) throw_unsupported_dtype(DType::kBool);
  if (sequence.dim() == 0) fail("boundaries tensor should have at least 1 dimension");
  Dims leading = wanted.sizes();
  if (!one_row) {
    Dims rows = sequence.sizes();
    rows.pop_back();
    if (!leading.empty()) leading.pop_back();
    if (wanted.dim() != sequence.dim() || leading != rows) {
      fail(
          "boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
          "tensor and input value tensor must match");
    }
  }
  const DType common = promoted({sequence, values});
  const Tensor boundaries = widened(memory, sequence, common).contiguous(memory);
  const Tensor inputs = widened(memory, wanted, common).contiguous(memory);
  Tensor out = Tensor::empty(memory, DType::kInt64, wanted.sizes());
  const std::int64_t width = sequence.sizes().back();
  const std::int64_t per_row = one_row ? 0 : wanted.sizes().back();
  visit_compute(compute_dtype(common), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < wanted.numel(); ++i) {
      const T* const row = boundaries.data<T>() + (one_row ? 0 : i / per_row * width);
      out.mutable_data<std::int64_t>()[i] = place_of(
          std::span<const T>(row, static_cast<std::size_t>(width)), inputs.data<T>()[i], right);
    }
  });
  return as_int32 ? out.to(memory, DType::kInt32) : out;
}

/// The rows of a sequence that `sorter` puts in order.
Tensor in_order(Allocator& memory, const Tensor& sequence, const Tensor& sorter) {
  if (sorter.dtype() != DType::kInt64) fail("sorter must be a tensor of long dtype");
  if (sorter.sizes() != sequence.sizes()) fail("boundary and sorter must have the same size");
  const Tensor wide = widened(memory, sequence, sequence.dtype()).contiguous(memory);
  const Tensor order = sorter.contiguous(memory);
  Tensor out = Tensor::empty(memory, wide.dtype(), wide.sizes());
  const std::int64_t width = sequence.dim() == 0 ? 1 : sequence.sizes().back();
  visit_compute(wide.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < wide.numel(); ++i) {
      const std::int64_t at = order.data<std::int64_t>()[i];
      if (at < 0 || at >= width) fail("sorter index out of range");
      out.mutable_data<T>()[i] = wide.data<T>()[i / width * width + at];
    }
  });
  return out.to(memory, sequence.dtype());
}

void searchsorted(Call& call) {
  bool right = call.flag(3);
  if (!call.is_none(4)) {
    const std::string side = call.string(4);
    if (side != "left" && side != "right") fail("side can only be 'left' or 'right'");
    if (side == "left" && right) fail("side and right can't be set to opposites");
    right = side == "right";
  }
  const Operand values = operand(call, 1);
  Tensor sequence = call.tensor(0);
  if (values.number && sequence.dim() != 1) {
    fail("input value can be a scalar only when boundaries tensor dimension is 1");
  }
  if (const std::optional<Tensor> sorter = call.maybe_tensor(5)) {
    sequence = in_order(call.memory(), sequence, *sorter);
  }
  call.give(search(call.memory(), sequence, values, call.flag(2), right));
}

void bucketize(Call& call) {
  if (call.tensor(1).dim() != 1) fail("boundaries tensor must be 1 dimension");
  call.give(search(call.memory(), call.tensor(1), operand(call, 0), call.flag(2), call.flag(3)));
}

void place_type(Inference& call) {
  const std::optional<bool> narrow = call.flag("out_int32");
  Fact type;
  type.floating = false;
  if (narrow) type.dtype = *narrow ? DType::kInt32 : DType::kInt64;
  dtypes::give(call, type);
}

/// As many as there are values: a tensor, or one number.
template <std::size_t kValues>
void places_of(Inference& call) {
  const bool tensor = call.op().schema.arguments[kValues].type.kind == TypeKind::kTensor;
  const auto sizes = tensor ? call.dims(kValues) : Dimensions{};
  if (sizes) call.give(*sizes);
}

}  // namespace

void register_searching(OperatorTable& table) {
  for (const std::string kind : {"Tensor", "Scalar"}) {
    table.add("aten::searchsorted." + kind + "(Tensor sorted_sequence, " + kind +
                  " self, *, bool out_int32=False, bool right=False, str? side=None, "
                  "Tensor? sorter=None) -> Tensor",
              searchsorted, {place_type, places_of<1>});
    table.add("aten::bucketize." + kind + "(" + kind +
                  " self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
              bucketize, {place_type, places_of<0>});
  }
}

}  // namespace henson::runtime
