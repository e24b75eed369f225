// Elements chosen by a condition: where, masked_fill, masked_scatter.
#include <algorithm>
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/comparison.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/moving.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Archives older than the type bool have uint8 masks.
Tensor as_mask(Allocator& memory, const Tensor& mask, const std::string& user) {
  if (mask.dtype() != DType::kBool && mask.dtype() != DType::kUInt8) {
    fail(user + " expected a boolean mask, but got " + std::string(name_of(mask.dtype())));
  }
  return mask.to(memory, DType::kBool);
}

/// target = source where the mask holds: all of one size, target and source of one type.
void assign_where(Tensor& target, const Tensor& mask, const Tensor& source) {
  visit_width(target.dtype(), [&](auto tag) {
    using U = typename decltype(tag)::type;
    U* const out = target.mutable_data<U>();
    const U* const from = source.data<U>();
    const bool* const chosen = mask.data<bool>();
    StridedWalk<3> walk(target.sizes(), {target.strides(), mask.strides(), source.strides()});
    const std::int64_t count = target.numel();
    for (std::int64_t i = 0; i < count; ++i, walk.next()) {
      const auto& at = walk.offsets();
      if (chosen[at[1]]) out[at[0]] = from[at[2]];
    }
  });
}

/// A number, or a 0-dimensional tensor's, in `dtype`.
Tensor fill_value(const Operand& value, DType dtype) {
  if (value.tensor.dim() != 0) {
    fail("masked_fill only supports a 0-dimensional value tensor, but got tensor with " +
         std::to_string(value.tensor.dim()) + " dimension(s).");
  }
  const Scalar number = to_scalar(value.tensor);
  const Tensor converted = to_tensor(number, dtype);
  const bool overflows = is_floating(dtype) && std::isfinite(to_double(number)) &&
                         std::isinf(to_double(to_scalar(converted)));
  if (overflows) {
    fail("value cannot be converted to type " + std::string(name_of(dtype)) + " without overflow");
  }
  return converted;
}

Tensor masked_fill(Allocator& memory, const Tensor& self, const Tensor& mask,
                   const Operand& value) {
  const Dims sizes = broadcast_sizes(self.sizes(), mask.sizes());
  Tensor filled = expand_to(self, sizes).clone(memory);
  fill_where(memory, filled, mask, value);
  return filled;
}

/// target[mask] = the first elements of `source`, in order.
void scatter_where(Allocator& memory, Tensor& target, const Tensor& mask, const Tensor& source) {
  if (target.dtype() != source.dtype()) {
    fail("masked_scatter: expected self and source to have same dtypes but got " +
         std::string(name_of(target.dtype())) + " and " + std::string(name_of(source.dtype())));
  }
  check_writable(target);
  const Tensor chosen = expand_to(as_mask(memory, mask, "masked_scatter"), target.sizes());
  const Tensor values = source.contiguous(memory);
  visit_width(target.dtype(), [&](auto tag) {
    using U = typename decltype(tag)::type;
    U* const out = target.mutable_data<U>();
    const U* const from = values.template data<U>();
    StridedWalk<2> walk(target.sizes(), {target.strides(), chosen.strides()});
    const std::int64_t count = target.numel();
    std::int64_t taken = 0;
    for (std::int64_t i = 0; i < count; ++i, walk.next()) {
      const auto& at = walk.offsets();
      if (!chosen.template data<bool>()[at[1]]) continue;
      if (taken == values.numel()) {
        fail("masked_scatter: the mask has more ones than the source has elements");
      }
      out[at[0]] = from[taken++];
    }
  });
}

Tensor masked_scatter(Allocator& memory, const Tensor& self, const Tensor& mask,
                      const Tensor& source) {
  Tensor target = expand_to(self, broadcast_sizes(self.sizes(), mask.sizes())).clone(memory);
  scatter_where(memory, target, mask, source);
  return target;
}

void where_kernel(Call& call) {
  call.give(where(call.memory(), call.tensor(0), operand(call, 1), operand(call, 2)));
}

/// One vector of positions for each dimension.
void where_nonzero(Call& call) {
  const Tensor self = at_least(call.memory(), call.tensor(0), 1);
  std::vector<Value> columns;
  for (const Tensor& column : unbind(nonzero(call.memory(), self), 1)) columns.emplace_back(column);
  call.give(Value::list(std::move(columns)));
}

void masked_fill_in_place(Call& call) {
  Tensor self = call.tensor(0);
  fill_where(call.memory(), self, call.tensor(1), operand(call, 2));
  call.give(self);
}

/// The tensor and its mask, broadcast together.
void masked(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> mask = call.dims(1);
  call.result().least_rank = std::max(call.arg(0).least_rank, call.arg(1).least_rank);
  if (sizes && mask) call.give(call.broadcast(*sizes, *mask));
}

constexpr Rule kChosen{dtypes::promoted<1, 2>, shapes::elementwise};

}  // namespace

Tensor where(Allocator& memory, const Tensor& condition, const Operand& a, const Operand& b) {
  const Tensor mask = as_mask(memory, condition, "where");
  const DType common = promoted({a, b});
  const Dims sizes =
      broadcast_sizes(mask.sizes(), broadcast_sizes(a.tensor.sizes(), b.tensor.sizes()));
  Tensor out = expand_to(b.tensor.to(memory, common), sizes).clone(memory);
  assign_where(out, expand_to(mask, sizes), expand_to(a.tensor.to(memory, common), sizes));
  return out;
}

void fill_where(Allocator& memory, Tensor& target, const Tensor& mask, const Operand& value) {
  const Tensor chosen = expand_to(as_mask(memory, mask, "masked_fill"), target.sizes());
  check_writable(target);
  assign_where(target, chosen, expand_to(fill_value(value, target.dtype()), target.sizes()));
}

void register_choice(OperatorTable& table) {
  for (const std::string name : {"where.self", "_s_where"}) {
    table.add("aten::" + name + "(Tensor condition, Tensor self, Tensor other) -> Tensor",
              where_kernel, kChosen);
  }
  table.add("aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor",
            where_kernel, kChosen);
  table.add("aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor",
            where_kernel, kChosen);
  table.add("aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor",
            where_kernel, kChosen);
  table.add("aten::where(Tensor condition) -> Tensor[]", where_nonzero,
            {dtypes::kInt64, shapes::columns_of_places});
  for (const std::string kind : {"Scalar", "Tensor"}) {
    const std::string rest = " self, Tensor mask, " + kind + " value) -> Tensor";
    table.add(
        "aten::masked_fill." + kind + "(Tensor" + rest,
        [](Call& call) {
          call.give(masked_fill(call.memory(), call.tensor(0), call.tensor(1), operand(call, 2)));
        },
        {dtypes::same, masked});
    table.add("aten::masked_fill_." + kind + "(Tensor(a!)" + rest + "(a!)", masked_fill_in_place,
              {dtypes::same, shapes::same});
  }
  table.add(
      "aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor",
      [](Call& call) {
        call.give(masked_scatter(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2)));
      },
      {dtypes::same, masked});
  table.add("aten::masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source) -> Tensor(a!)",
            [](Call& call) {
              Tensor self = call.tensor(0);
              scatter_where(call.memory(), self, call.tensor(1), call.tensor(2));
              call.give(self);
            },
            {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
