// Operators that select by index tensors and masks.
#include "runtime/operators/indexing.h"

#include <string>
#include <utility>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The mask, where one value is put where one mask says: PyTorch converts that to self's dtype.
std::optional<Tensor> mask_to_fill(const std::vector<std::optional<Tensor>>& indices,
                                   const Tensor& values) {
  std::optional<Tensor> mask;
  for (const std::optional<Tensor>& index : indices) {
    if (!index) continue;
    if (mask || (index->dtype() != DType::kBool && index->dtype() != DType::kUInt8)) return {};
    mask = index;
  }
  return values.numel() == 1 ? mask : std::nullopt;
}

Tensor index_put(Allocator& memory, Tensor self, const std::vector<std::optional<Tensor>>& indices,
                 const Tensor& value, bool accumulate) {
  const std::optional<Tensor> mask = accumulate ? std::nullopt : mask_to_fill(indices, value);
  const Tensor values = mask ? reshape(memory, value.to(memory, self.dtype()), {}) : value;
  if (mask && mask->dim() == 0 && std::cmp_less_equal(indices.size(), self.dim())) {
    if (*mask->to(memory, DType::kBool).data<bool>())
      copy_into(memory, self, values);  // all of it or nothing
    return self;
  }
  if (self.dtype() != values.dtype()) {
    fail("Index put requires the source and destination dtypes match, got " +
         std::string(name_of(self.dtype())) + " for the destination and " +
         std::string(name_of(values.dtype())) + " for the source.");
  }
  const IndexPlan plan = plan_index(memory, self, indices);
  if (accumulate) {
    add_elements(memory, self, plan, values);
  } else {
    put_elements(memory, self, plan, values);
  }
  return self;
}

/// Numbers count as vectors of one element, for self and for the source.
Tensor as_vector(Allocator& memory, const Tensor& tensor) { return at_least(memory, tensor, 1); }

void check_source(const std::string& what, const Tensor& self, const IndexPlan& plan,
                  const Tensor& source) {
  if (self.dtype() != source.dtype()) {
    fail(what + "(): self (" + std::string(name_of(self.dtype())) + ") and source (" +
         std::string(name_of(source.dtype())) + ") must have the same scalar type");
  }
  if (source.sizes() != plan.sizes) {
    fail(what + "(): the source is of size " + to_string(source.sizes()) +
         " and the indexed part of self of size " + to_string(plan.sizes));
  }
}

Tensor index_add(Allocator& memory, Tensor self, std::int64_t dim, const Tensor& index,
                 const Tensor& source, const Scalar& alpha) {
  if (self.dim() != source.dim()) {
    fail("index_add_(): the source should have " + std::to_string(self.dim()) +
         " dimensions, and has " + std::to_string(source.dim()));
  }
  const Tensor from = as_vector(memory, source);
  Tensor target = as_vector(memory, self);
  const IndexPlan plan = plan_index_select(memory, target, dim, index);
  check_source("index_add_", target, plan, from);
  if (to_double(alpha) == 1) {
    add_elements(memory, target, plan, from);
    return self;
  }
  Tensor scaled = Tensor::empty(memory, from.dtype(), from.sizes());
  const Tensor factor = to_tensor(alpha, from.dtype());
  visit_dtype(from.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T by = *factor.data<T>();
    map_into<T, T>(from, scaled, [by](T x) {
      if constexpr (std::is_same_v<T, bool>) {
        return x && by;
      } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(by));
      } else {
        return static_cast<T>(x * by);
      }
    });
  });
  add_elements(memory, target, plan, scaled);
  return self;
}

Tensor index_fill(Allocator& memory, Tensor self, std::int64_t dim, const Tensor& index,
                  const Tensor& value) {
  if (value.dim() != 0) {
    fail("index_fill_ only supports a 0-dimensional value tensor, but got tensor with " +
         std::to_string(value.dim()) + " dimension(s).");
  }
  Tensor target = as_vector(memory, self);
  // Unlike index_select, this takes negative indices.
  std::vector<std::optional<Tensor>> indices(static_cast<std::size_t>(wrap_dim(dim, target.dim())));
  if (index.dtype() != DType::kInt64 || index.dim() > 1) {
    fail("index_fill_(): Expected a vector of int64 for index.");
  }
  indices.emplace_back(as_vector(memory, index));
  put_elements(memory, target, plan_index(memory, target, indices),
               to_tensor(to_scalar(value), self.dtype()));
  return self;
}

Tensor index_copy(Allocator& memory, Tensor self, std::int64_t dim, const Tensor& index,
                  const Tensor& source) {
  if (index.dtype() != DType::kInt64) fail("index_copy_(): Expected an int64 tensor for index");
  const Tensor from = as_vector(memory, source);
  Tensor target = as_vector(memory, self);
  const IndexPlan plan = plan_index_select(memory, target, dim, index);
  check_source("index_copy_", target, plan, from);
  put_elements(memory, target, plan, from);
  return self;
}

Tensor masked_select(Allocator& memory, const Tensor& self, const Tensor& mask) {
  if (mask.dtype() != DType::kBool && mask.dtype() != DType::kUInt8) {
    fail("masked_select: expected BoolTensor for mask");
  }
  const Dims sizes = broadcast_sizes(self.sizes(), mask.sizes());
  const Tensor wide = at_least(memory, expand_to(self, sizes), 1);
  return take_elements(memory, wide,
                       plan_index(memory, wide, {at_least(memory, expand_to(mask, sizes), 1)}));
}

std::vector<Tensor> nonzero_columns(Allocator& memory, const Tensor& self) {
  return unbind(nonzero(memory, at_least(memory, self, 1)), 1);
}

template <bool in_place>
Tensor target_of(Call& call) {
  return in_place ? call.tensor(0) : call.tensor(0).clone(call.memory());
}

template <bool in_place>
void index_put_kernel(Call& call) {
  call.give(index_put(call.memory(), target_of<in_place>(call), call.maybe_tensors(1),
                      call.tensor(2), call.flag(3)));
}

template <bool in_place>
void index_add_kernel(Call& call) {
  call.give(index_add(call.memory(), target_of<in_place>(call), call.integer(1), call.tensor(2),
                      call.tensor(3), call.scalar(4)));
}

template <bool in_place>
void index_copy_kernel(Call& call) {
  call.give(index_copy(call.memory(), target_of<in_place>(call), call.integer(1), call.tensor(2),
                       call.tensor(3)));
}

template <bool in_place>
void index_fill_kernel(Call& call) {
  const Tensor self = target_of<in_place>(call);
  const Tensor value =
      call.arg(3).is<Tensor>() ? call.tensor(3) : to_tensor(call.scalar(3), self.dtype());
  call.give(index_fill(call.memory(), self, call.integer(1), call.tensor(2), value));
}

constexpr Rule kPlaces{dtypes::kInt64, shapes::places};
constexpr Rule kWrittenRows{dtypes::same, shapes::written_rows};

void register_index(OperatorTable& table) {
  for (const std::string name : {"aten::index.Tensor", "aten::_unsafe_index.Tensor"}) {
    table.add(name + "(Tensor self, Tensor?[] indices) -> Tensor",
              [](Call& call) {
                const Tensor self = call.tensor(0);
                call.give(take_elements(call.memory(), self,
                                        plan_index(call.memory(), self, call.maybe_tensors(1))));
              },
              {dtypes::same, shapes::indexed, Trait::kPicks});
  }
  const std::string put = ", Tensor?[] indices, Tensor values, bool accumulate=False";
  table.add("aten::index_put(Tensor self" + put + ") -> Tensor", index_put_kernel<false>,
            {dtypes::same, shapes::same});
  table.add("aten::_unsafe_index_put(Tensor self" + put + ") -> Tensor", index_put_kernel<false>,
            {dtypes::same, shapes::same});
  table.add("aten::index_put_(Tensor(a!) self" + put + ") -> Tensor(a!)", index_put_kernel<true>,
            {dtypes::same, shapes::same});
  table.add("aten::_index_put_impl_(Tensor(a!) self" + put + ", bool unsafe=False) -> Tensor(a!)",
            index_put_kernel<true>, {dtypes::same, shapes::same});
}

void register_along_dimension(OperatorTable& table) {
  table.add("aten::index_select(Tensor self, int dim, Tensor index) -> Tensor",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              call.give(take_elements(
                  call.memory(), self,
                  plan_index_select(call.memory(), self, call.integer(1), call.tensor(2))));
            },
            {dtypes::same, shapes::index_selected, Trait::kPicks});
  const std::string add = ", int dim, Tensor index, Tensor source, *, Scalar alpha=1";
  table.add("aten::index_add(Tensor self" + add + ") -> Tensor", index_add_kernel<false>,
            kWrittenRows);
  table.add("aten::index_add_(Tensor(a!) self" + add + ") -> Tensor(a!)", index_add_kernel<true>,
            kWrittenRows);
  const std::string copy = ", int dim, Tensor index, Tensor source";
  table.add("aten::index_copy(Tensor self" + copy + ") -> Tensor", index_copy_kernel<false>,
            kWrittenRows);
  table.add("aten::index_copy_(Tensor(a!) self" + copy + ") -> Tensor(a!)", index_copy_kernel<true>,
            kWrittenRows);
  for (const std::string value : {"_Tensor", "_Scalar"}) {
    const std::string fill = ".int" + value + "(Tensor";
    const std::string rest = " self, int dim, Tensor index, " + value.substr(1) + " value) -> ";
    table.add("aten::index_fill" + fill + rest + "Tensor", index_fill_kernel<false>, kWrittenRows);
    table.add("aten::index_fill_" + fill + "(a!)" + rest + "Tensor(a!)", index_fill_kernel<true>,
              kWrittenRows);
  }
}

void register_masks(OperatorTable& table) {
  table.add(
      "aten::masked_select(Tensor self, Tensor mask) -> Tensor",
      [](Call& call) { call.give(masked_select(call.memory(), call.tensor(0), call.tensor(1))); },
      {dtypes::same, shapes::counted_ones});
  table.add(
      "aten::nonzero(Tensor self) -> Tensor",
      [](Call& call) { call.give(nonzero(call.memory(), call.tensor(0))); }, kPlaces);
  table.add(
      "aten::argwhere(Tensor self) -> Tensor",
      [](Call& call) { call.give(nonzero(call.memory(), call.tensor(0))); }, kPlaces);
  table.add("aten::nonzero_numpy(Tensor self) -> Tensor[]",
            [](Call& call) {
              call.give(to_value(call.memory(), nonzero_columns(call.memory(), call.tensor(0))));
            },
            {dtypes::kInt64, shapes::columns_of_places});
}

}  // namespace

namespace shapes {

void counted_ones(Inference& call) { call.give({call.domain().unknown()}); }

void places(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  call.give({call.domain().unknown(), Dimension::of(static_cast<std::int64_t>(sizes->size()))});
}

}  // namespace shapes

void register_indexing(OperatorTable& table) {
  register_index(table);
  register_along_dimension(table);
  register_masks(table);
  register_gathering(table);
  register_scattering(table);
  register_embedding(table);
}

}  // namespace henson::runtime
