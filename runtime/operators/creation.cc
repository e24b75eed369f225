// Operators that make tensors from sizes and numbers. Layout, device and pin_memory are accepted:
// every tensor is strided and lives here.
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/sequences.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

const std::string kOptions =
    "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";
const std::string kFormatOptions = kOptions + ", MemoryFormat? memory_format=None";

template <std::int64_t number, std::size_t dtype_at>
void sized_kernel(Call& call) {
  call.give(filled(call.memory(), call.ints(0), number,
                   call.maybe_dtype(dtype_at).value_or(DType::kFloat32)));
}

template <std::int64_t number>
void new_kernel(Call& call) {
  call.give(filled(call.memory(), call.ints(1), number,
                   call.maybe_dtype(2).value_or(call.tensor(0).dtype())));
}

template <std::int64_t number>
void like_kernel(Call& call) {
  const Tensor self = call.tensor(0);
  call.give(
      filled(call.memory(), self.sizes(), number, call.maybe_dtype(1).value_or(self.dtype())));
}

void full_kernel(Call& call) {
  const Scalar number = call.scalar(1);
  call.give(
      filled(call.memory(), call.ints(0), number, call.maybe_dtype(2).value_or(dtype_of(number))));
}

/// full before archive version 5: the dtype is not inferred from the number.
void old_full_kernel(Call& call) {
  call.give(filled(call.memory(), call.ints(0), call.scalar(1),
                   call.maybe_dtype(2).value_or(DType::kFloat32)));
}

/// Sizes with strides of the code's own; the buffer holds what they reach.
Tensor zeros_strided(Allocator& memory, const Dims& sizes, const Dims& strides, DType dtype) {
  if (sizes.size() != strides.size()) fail("mismatch in length of strides and shape");
  std::int64_t reach = numel_of(sizes) == 0 ? 0 : 1;
  for (std::size_t d = 0; d < sizes.size() && reach > 0; ++d) {
    std::int64_t span = 0;
    if (strides[d] < 0 || __builtin_mul_overflow(sizes[d] - 1, strides[d], &span) ||
        __builtin_add_overflow(reach, span, &reach)) {
      fail("strides " + to_string(strides) + " are negative or too large");
    }
  }
  return zeros(memory, dtype, {reach}).with_view(sizes, strides, 0);
}

Tensor eye(Allocator& memory, std::int64_t rows, std::int64_t columns, DType dtype) {
  Tensor matrix = zeros(memory, dtype, {rows, columns});
  Tensor ones = diagonal(matrix, 0, 0, 1);
  copy_into(memory, ones, to_tensor(std::int64_t{1}, dtype));
  return matrix;
}

/// The sizes of a nested list; throws when it is ragged.
void measure(const Value& data, Dims& sizes, std::size_t depth, bool first) {
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&data);
  if (list == nullptr) {
    if (!first && depth != sizes.size()) fail("Expected sequence of equal lengths");
    return;
  }
  const auto length = static_cast<std::int64_t>((*list)->items.size());
  if (first && depth == sizes.size()) {
    sizes.push_back(length);
  } else if (depth >= sizes.size() || sizes[depth] != length) {
    fail("Expected sequence of length " +
         (depth < sizes.size() ? std::to_string(sizes[depth]) : std::string("0")) + " at dim " +
         std::to_string(depth) + " (got " + std::to_string(length) + ")");
  }
  for (std::size_t i = 0; i < (*list)->items.size(); ++i) {
    measure((*list)->items[i], sizes, depth + 1, first && i == 0);
  }
}

void collect(const Value& data, std::vector<Scalar>& numbers) {
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&data)) {
    for (const Value& item : (*list)->items) collect(item, numbers);
  } else if (const auto* integer = std::get_if<std::int64_t>(&data)) {
    numbers.emplace_back(*integer);
  } else if (const auto* real = std::get_if<double>(&data)) {
    numbers.emplace_back(*real);
  } else if (const auto* flag = std::get_if<bool>(&data)) {
    numbers.emplace_back(*flag);
  } else if (const auto* tensor = std::get_if<Tensor>(&data)) {
    numbers.push_back(to_scalar(*tensor));
  } else {
    fail("tensor(): cannot be made from " + kind_of(data));
  }
}

Tensor from_data(Allocator& memory, const Value& data, std::optional<DType> dtype) {
  Dims sizes;
  std::vector<Scalar> numbers;
  measure(data, sizes, 0, true);
  collect(data, numbers);
  const DType type = dtype ? *dtype : numbers.empty() ? DType::kFloat32 : dtype_of(numbers[0]);
  Tensor flat = Tensor::empty(memory, type, {static_cast<std::int64_t>(numbers.size())});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Tensor element = select(flat, 0, static_cast<std::int64_t>(i));
    copy_into(memory, element, to_tensor(numbers[i], type));
  }
  return view(flat, sizes);
}

void tensor_kernel(Call& call) {
  call.give(from_data(call.memory(), call.arg(0), call.maybe_dtype(1)));
}

void resize(Allocator& memory, Tensor& self, const Dims& sizes) {
  const std::int64_t wanted = numel_of(sizes);
  const std::int64_t held =
      static_cast<std::int64_t>(self.buffer()->size() / size_of(self.dtype())) - self.offset();
  if (wanted <= held) {
    self.set_view(sizes, contiguous_strides(sizes));
    return;
  }
  const Tensor old = self.with_view({held}, {1}, self.offset());
  const Tensor grown = zeros(memory, self.dtype(), {wanted});
  Tensor kept = narrow(grown, 0, 0, held);
  copy_into(memory, kept, old);
  self.set_from(grown.with_view(sizes, contiguous_strides(sizes), 0));
}

void fill_kernel(Call& call) {
  Tensor self = call.tensor(0);
  fill(call.memory(), self, call.scalar(1));
  call.give(self);
}

void fill_tensor_kernel(Call& call) {
  Tensor self = call.tensor(0);
  const Tensor value = call.tensor(1);
  if (value.dim() != 0) {
    fail("fill_ only supports 0-dimension value tensor but got tensor with " +
         std::to_string(value.dim()) + " dimensions.");
  }
  check_writable(self);
  copy_into(call.memory(), self, value);
  call.give(self);
}

/// The first number in a nested list, or the list that has none.
const Fact& first_of(const Fact& data) {
  const Fact* first = &data;
  while (first->items && !first->items->empty()) first = &first->items->front();
  return *first;
}

void type_of_data(Inference& call) {
  const Fact& first = first_of(call.arg(0));
  Fact type;
  switch (first.kind) {
    case TypeKind::kInt:
      type.dtype = DType::kInt64;
      break;
    case TypeKind::kFloat:
      type.dtype = DType::kFloat32;
      break;
    case TypeKind::kBool:
      type.dtype = DType::kBool;
      break;
    case TypeKind::kList:  // an empty one
      if (first.items) type.dtype = DType::kFloat32;
      break;
    case TypeKind::kTensor:
      type.floating = first.floating;
      if (first.floating == true) type.dtype = DType::kFloat32;
      if (first.dtype == DType::kBool) type.dtype = DType::kBool;
      if (first.dtype && is_integral(*first.dtype)) type.dtype = DType::kInt64;
      break;
    default:
      break;
  }
  dtypes::give(call, type);
}

void sizes_of_data(Inference& call) {
  Dimensions sizes;
  const Fact* data = &call.arg(0);
  while (data->items) {
    sizes.push_back(Dimension::of(static_cast<std::int64_t>(data->items->size())));
    if (data->items->empty()) return call.give(sizes);
    data = &data->items->front();
  }
  call.result().least_rank = sizes.size();
  const bool open = data->kind == TypeKind::kList || data->kind == TypeKind::kAny;
  if (!open) call.give(sizes);
}

constexpr Rule kCreated{dtypes::told_or<dtypes::kFloat32>, shapes::created, Trait::kCreates};
constexpr Rule kCreatedAs{dtypes::told_or<dtypes::same>, shapes::created, Trait::kCreates};
constexpr Rule kCreatedLike{dtypes::told_or<dtypes::same>, shapes::same, Trait::kCreates};
constexpr Rule kIdentity{dtypes::told_or<dtypes::kFloat32>, shapes::identity, Trait::kCreates};
constexpr Rule kFilled{dtypes::same, shapes::same, Trait::kNone, NumberUse::kFills};

void register_sized(OperatorTable& table) {
  table.add("aten::zeros(int[] size, " + kOptions + ") -> Tensor", sized_kernel<0, 1>, kCreated);
  table.add("aten::ones(int[] size, " + kOptions + ") -> Tensor", sized_kernel<1, 1>, kCreated);
  table.add("aten::empty.memory_format(int[] size, " + kFormatOptions + ") -> Tensor",
            sized_kernel<0, 1>, kCreated);
  table.add(
      "aten::empty_strided(int[] size, int[] stride, " + kOptions + ") -> Tensor",
      [](Call& call) {
        call.give(zeros_strided(call.memory(), call.ints(0), call.ints(1),
                                call.maybe_dtype(2).value_or(DType::kFloat32)));
      },
      kCreated);
  const std::string full = "aten::full(int[] size, Scalar fill_value, " + kOptions + ") -> Tensor";
  table.add(
      full, full_kernel,
      {dtypes::told_or<dtypes::promoted<1>>, shapes::created, Trait::kCreates, NumberUse::kFills},
      {.first = 5});
  table.add(
      full, old_full_kernel,
      {dtypes::told_or<dtypes::kFloat32>, shapes::created, Trait::kCreates, NumberUse::kFills},
      {.first = 0, .last = 4});
  table.add(
      "aten::eye(int n, " + kOptions + ") -> Tensor",
      [](Call& call) {
        call.give(eye(call.memory(), call.integer(0), call.integer(0),
                      call.maybe_dtype(1).value_or(DType::kFloat32)));
      },
      kIdentity);
  table.add(
      "aten::eye.m(int n, int m, " + kOptions + ") -> Tensor",
      [](Call& call) {
        call.give(eye(call.memory(), call.integer(0), call.integer(1),
                      call.maybe_dtype(2).value_or(DType::kFloat32)));
      },
      kIdentity);
}

void register_from_tensors(OperatorTable& table) {
  table.add("aten::new_zeros(Tensor self, int[] size, " + kOptions + ") -> Tensor", new_kernel<0>,
            kCreatedAs);
  table.add("aten::new_empty(Tensor self, int[] size, " + kOptions + ") -> Tensor", new_kernel<0>,
            kCreatedAs);
  table.add("aten::new_ones(Tensor self, int[] size, " + kOptions + ") -> Tensor", new_kernel<1>,
            kCreatedAs);
  table.add(
      "aten::new_full(Tensor self, int[] size, Scalar fill_value, " + kOptions + ") -> Tensor",
      [](Call& call) {
        call.give(filled(call.memory(), call.ints(1), call.scalar(2),
                         call.maybe_dtype(3).value_or(call.tensor(0).dtype())));
      },
      {dtypes::told_or<dtypes::same>, shapes::created, Trait::kCreates, NumberUse::kFills});
  table.add(
      "aten::new_empty_strided(Tensor self, int[] size, int[] stride, " + kOptions + ") -> Tensor",
      [](Call& call) {
        call.give(zeros_strided(call.memory(), call.ints(1), call.ints(2),
                                call.maybe_dtype(3).value_or(call.tensor(0).dtype())));
      },
      kCreatedAs);
  table.add("aten::zeros_like(Tensor self, " + kFormatOptions + ") -> Tensor", like_kernel<0>,
            kCreatedLike);
  table.add("aten::empty_like(Tensor self, " + kFormatOptions + ") -> Tensor", like_kernel<0>,
            kCreatedLike);
  table.add("aten::ones_like(Tensor self, " + kFormatOptions + ") -> Tensor", like_kernel<1>,
            kCreatedLike);
  table.add("aten::full_like(Tensor self, Scalar fill_value, " + kFormatOptions + ") -> Tensor",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              call.give(filled(call.memory(), self.sizes(), call.scalar(1),
                               call.maybe_dtype(2).value_or(self.dtype())));
            },
            {dtypes::told_or<dtypes::same>, shapes::same, Trait::kCreates, NumberUse::kFills});
}

void register_from_data(OperatorTable& table) {
  table.add("aten::scalar_tensor(Scalar s, " + kOptions + ") -> Tensor",
            [](Call& call) {
              call.give(to_tensor(call.scalar(0), call.maybe_dtype(1).value_or(DType::kFloat32)));
            },
            {dtypes::told_or<dtypes::kFloat32>, shapes::same_number});
  const std::string tail =
      ", *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor";
  table.add(
      "aten::as_tensor(Tensor(a) data, *, ScalarType? dtype=None, Device? device=None) -> "
      "Tensor(a)",
      [](Call& call) {
        const Tensor data = call.tensor(0);
        call.give(data.to(call.memory(), call.maybe_dtype(1).value_or(data.dtype())));
      },
      {dtypes::told_or<dtypes::same>, shapes::same_elements, Trait::kCasts});
  for (const std::string name : {"aten::tensor", "aten::as_tensor"}) {
    table.add(name + ".bool(bool t" + tail, tensor_kernel,
              {dtypes::told_or<dtypes::kBool>, shapes::same_number});
    table.add(name + ".float(float t" + tail, tensor_kernel,
              {dtypes::told_or<dtypes::kFloat32>, shapes::same_number});
    table.add(name + ".int(int t" + tail, tensor_kernel,
              {dtypes::told_or<dtypes::kInt64>, shapes::same_number});
    table.add(name + ".list(Any[] data" + tail, tensor_kernel,
              {dtypes::told_or<type_of_data>, sizes_of_data});
  }
}

void register_filling(OperatorTable& table) {
  table.add("aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)", fill_kernel,
            kFilled);
  table.add("aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)", fill_tensor_kernel,
            kFilled);
  table.add(
      "aten::fill.Scalar(Tensor self, Scalar value) -> Tensor",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        call.give(filled(call.memory(), self.sizes(), call.scalar(1), self.dtype()));
      },
      kFilled);
  table.add(
      "aten::fill.Tensor(Tensor self, Tensor value) -> Tensor",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        call.give(filled(call.memory(), self.sizes(), call.scalar(1), self.dtype()));
      },
      kFilled);
  table.add(
      "aten::zero_(Tensor(a!) self) -> Tensor(a!)",
      [](Call& call) {
        Tensor self = call.tensor(0);
        copy_into(call.memory(), self, zeros(call.memory(), self.dtype(), {}));
        call.give(self);
      },
      kFilled);
  table.add(
      "aten::zero(Tensor self) -> Tensor",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        call.give(zeros(call.memory(), self.dtype(), self.sizes()));
      },
      kFilled);
}

void register_resizing(OperatorTable& table) {
  table.add(
      "aten::resize_(Tensor(a!) self, int[] size, MemoryFormat? memory_format=None) -> Tensor(a!)",
      [](Call& call) {
        Tensor self = call.tensor(0);
        resize(call.memory(), self, call.ints(1));
        call.give(self);
      },
      {dtypes::same, shapes::created, Trait::kReshapes});
  table.add(
      "aten::resize_as_(Tensor(a!) self, Tensor the_template, MemoryFormat? memory_format=None) "
      "-> Tensor(a!)",
      [](Call& call) {
        Tensor self = call.tensor(0);
        resize(call.memory(), self, call.tensor(1).sizes());
        call.give(self);
      },
      {dtypes::same, shapes::as_other, Trait::kReshapes});
  table.add("aten::set_.source_Tensor(Tensor(a!) self, Tensor(a) source) -> Tensor(a!)",
            [](Call& call) {
              Tensor self = call.tensor(0);
              const Tensor source = call.tensor(1);
              if (source.dtype() != self.dtype()) fail("set_: the dtypes differ");
              self.set_from(source);
              call.give(self);
            },
            {dtypes::same, shapes::as_other, Trait::kReshapes});
}

}  // namespace

void register_creation(OperatorTable& table) {
  register_sized(table);
  register_from_tensors(table);
  register_from_data(table);
  register_filling(table);
  register_resizing(table);
  register_sequences(table);
}

}  // namespace henson::runtime
