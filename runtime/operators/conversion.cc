// Operators that change a tensor's dtype or copy it, and those that turn tensors into numbers and
// back.
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// PyTorch's to: the tensor itself when nothing changes and no copy is asked for.
Tensor converted(Allocator& memory, const Tensor& self, std::optional<DType> dtype, bool copy) {
  const DType wanted = dtype.value_or(self.dtype());
  if (wanted != self.dtype()) return self.to(memory, wanted);
  return copy ? self.clone(memory) : self;
}

template <std::size_t dtype_at, std::size_t copy_at>
void to_kernel(Call& call) {
  call.give(
      converted(call.memory(), call.tensor(0), call.maybe_dtype(dtype_at), call.flag(copy_at)));
}

template <DType dtype>
void cast_kernel(Call& call) {
  call.give(call.tensor(0).to(call.memory(), dtype));
}

void same(Call& call) { call.give(call.arg(0)); }

void copy_kernel(Call& call) {
  Tensor self = call.tensor(0);
  check_writable(self);
  copy_into(call.memory(), self, call.tensor(1));
  call.give(self);
}

void copy_number_kernel(Call& call) {
  Tensor self = call.tensor(0);
  copy_into(call.memory(), self, to_tensor(call.scalar(1), self.dtype()));
  call.give(self);
}

void give_number(Call& call) { call.give(to_value(to_scalar(call.tensor(0)))); }

/// The number of a 0-dimensional tensor that stands where the code wants a number.
Scalar implicit_number(const Tensor& tensor, bool integral) {
  if (tensor.dim() != 0) {
    fail("Cannot input a tensor of dimension other than 0 as a scalar argument");
  }
  if (integral && !is_integral(tensor.dtype())) {
    fail("Cannot input a tensor of type " + std::string(name_of(tensor.dtype())) +
         " as an integral argument");
  }
  return to_scalar(tensor);
}

bool is_true(const Tensor& tensor) {
  if (tensor.numel() == 0) fail("Boolean value of Tensor with no values is ambiguous");
  if (tensor.numel() > 1) fail("Boolean value of Tensor with more than one value is ambiguous");
  return std::visit([](auto value) { return value != decltype(value){}; }, to_scalar(tensor));
}

/// NumToTensor's: a float keeps all its digits.
void number_dtype(Inference& call) {
  dtypes::promoted<0>(call);
  if (call.result().floating == true) call.result().dtype = DType::kFloat64;
}

constexpr Rule kCast{dtypes::told_or<dtypes::same>, shapes::same_elements, Trait::kCasts};
constexpr Rule kCastAs{dtypes::same<1>, shapes::same_elements, Trait::kCasts};
constexpr Rule kTheSame{dtypes::same, shapes::same_elements, Trait::kMoves};
constexpr Rule kNumber{nullptr, shapes::same_number};

void register_to(OperatorTable& table) {
  table.add(
      "aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, "
      "bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
      to_kernel<2, 4>, kCast);
  table.add(
      "aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, "
      "MemoryFormat? memory_format=None) -> Tensor(a)",
      to_kernel<1, 3>, kCast);
  table.add(
      "aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, "
      "MemoryFormat? memory_format=None) -> Tensor(a)",
      [](Call& call) {
        call.give(converted(call.memory(), call.tensor(0), call.tensor(1).dtype(), call.flag(3)));
      },
      kCastAs);
  table.add(
      "aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, "
      "Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, "
      "MemoryFormat? memory_format=None) -> Tensor(a)",
      to_kernel<1, 6>, kCast);
  table.add(
      "aten::to.prim_Device(Tensor(a) self, Device? device, ScalarType? dtype=None, bool "
      "non_blocking=False, bool copy=False) -> Tensor(a)",
      to_kernel<2, 4>, kCast);
  table.add(
      "aten::to.prim_dtype(Tensor(a) self, ScalarType? dtype=None, bool non_blocking=False, bool "
      "copy=False) -> Tensor(a)",
      to_kernel<1, 3>, kCast);
  table.add(
      "aten::to.prim_other(Tensor(a) self, bool non_blocking=False, bool copy=False) -> Tensor(a)",
      [](Call& call) {
        call.give(converted(call.memory(), call.tensor(0), std::nullopt, call.flag(2)));
      },
      {dtypes::same, shapes::same_elements, Trait::kCasts});
  table.add(
      "aten::type_as(Tensor(a) self, Tensor other) -> Tensor(a)",
      [](Call& call) { call.give(call.tensor(0).to(call.memory(), call.tensor(1).dtype())); },
      kCastAs);
  table.add(
      "aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
      "device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? "
      "memory_format=None) -> Tensor",
      [](Call& call) {
        call.give(converted(call.memory(), call.tensor(0), call.maybe_dtype(1), true));
      },
      kCast);
}

template <DType kDType>
void add_cast(OperatorTable& table, const std::string& name) {
  table.add("aten::" + name + "(Tensor(a) self, bool non_blocking=False) -> Tensor(a)",
            cast_kernel<kDType>, {dtypes::always<kDType>, shapes::same_elements, Trait::kCasts});
}

void register_casts(OperatorTable& table) {
  add_cast<DType::kUInt8>(table, "_cast_Byte");
  add_cast<DType::kInt8>(table, "_cast_Char");
  add_cast<DType::kInt16>(table, "_cast_Short");
  add_cast<DType::kInt32>(table, "_cast_Int");
  add_cast<DType::kInt64>(table, "_cast_Long");
  add_cast<DType::kFloat16>(table, "_cast_Half");
  add_cast<DType::kFloat32>(table, "_cast_Float");
  add_cast<DType::kFloat64>(table, "_cast_Double");
}

void reduced_precision(Inference& call) {
  const auto cast = call.flag("cpu_enabled");
  const Fact& self = call.arg(0);
  const bool other = self.floating == false || (self.dtype && self.dtype != DType::kFloat32);
  if (cast == false || other) return dtypes::same(call);
  const auto place = call.place("cpu_dtype");
  const auto number = cast == true && self.dtype && place ? call.integer(*place) : std::nullopt;
  if (number) call.result().dtype = dtype_from_number(*number);
}

void full_precision(Inference& call) {
  const auto cast = call.flag("cpu_enabled");
  const auto dtype = call.arg(0).dtype;
  call.result().floating = call.arg(0).floating;
  const bool reduced = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  if (cast == false || (dtype && !reduced)) return dtypes::same(call);
  if (cast == true && reduced) call.result().dtype = DType::kFloat32;
}

void register_autocast(OperatorTable& table) {
  // What PyTorch does to a tensor of this machine's, the CPU.
  table.add(
      "aten::_autocast_to_reduced_precision(Tensor(a) self, bool cuda_enabled, bool cpu_enabled, "
      "ScalarType cuda_dtype, ScalarType cpu_dtype) -> Tensor(a)",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        const bool cast = call.flag(2) && self.dtype() == DType::kFloat32;
        call.give(cast ? self.to(call.memory(), call.dtype(4)) : self);
      },
      {reduced_precision, shapes::same_elements, Trait::kCasts});
  table.add(
      "aten::_autocast_to_full_precision(Tensor(a) self, bool cuda_enabled, bool cpu_enabled) -> "
      "Tensor(a)",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        const bool reduced = self.dtype() == DType::kFloat16 || self.dtype() == DType::kBFloat16;
        call.give(call.flag(2) && reduced ? self.to(call.memory(), DType::kFloat32) : self);
      },
      {full_precision, shapes::same_elements, Trait::kCasts});
}

void register_copies(OperatorTable& table) {
  table.add("aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)",
            copy_kernel, {dtypes::same, shapes::same});
  table.add("aten::copy_.int(Tensor(a!) self, int other) -> Tensor(a!)", copy_number_kernel,
            {dtypes::same, shapes::same});
  table.add("aten::copy_.float(Tensor(a!) self, float other) -> Tensor(a!)", copy_number_kernel,
            {dtypes::same, shapes::same});
  table.add("aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor",
            [](Call& call) {
              Tensor copy = call.tensor(0).clone(call.memory());
              copy_into(call.memory(), copy, call.tensor(1));
              call.give(copy);
            },
            {dtypes::same, shapes::same});
  table.add(
      "aten::clone(Tensor self, MemoryFormat? memory_format=None) -> Tensor",
      [](Call& call) { call.give(call.tensor(0).clone(call.memory())); }, kTheSame);
  for (const std::string name : {"aten::cpu", "aten::cuda", "prim::data", "aten::data"}) {
    table.add(name + "(Tensor(a) self) -> Tensor(a)", same, kTheSame);
  }
  table.add("aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)", same,
            kTheSame);
  table.add("aten::pin_memory(Tensor(a) self, Device? device=None) -> Tensor(a)", same, kTheSame);
  // A tensor in oneDNN's own layout exists only while its products run: here it stays strided.
  table.add(
      "aten::to_mkldnn(Tensor(a) self, ScalarType? dtype=None) -> Tensor(a)",
      [](Call& call) {
        call.give(converted(call.memory(), call.tensor(0), call.maybe_dtype(1), false));
      },
      kCast);
  table.add(
      "aten::to_dense(Tensor(a) self, ScalarType? dtype=None, *, bool? masked_grad=None) -> "
      "Tensor(a)",
      [](Call& call) {
        call.give(converted(call.memory(), call.tensor(0), call.maybe_dtype(1), false));
      },
      kCast);
}

void register_numbers(OperatorTable& table) {
  table.add(
      "aten::Int.Tensor(Tensor a) -> int",
      [](Call& call) { call.give(to_int_checked(to_scalar(call.tensor(0)))); }, kNumber);
  table.add(
      "aten::Float.Tensor(Tensor a) -> float",
      [](Call& call) { call.give(to_double(to_scalar(call.tensor(0)))); }, kNoRule);
  table.add(
      "aten::Bool.Tensor(Tensor a) -> bool", [](Call& call) { call.give(is_true(call.tensor(0))); },
      kNoRule);
  table.add(
      "aten::IntImplicit(Tensor a) -> int",
      [](Call& call) { call.give(to_int(implicit_number(call.tensor(0), true))); }, kNumber);
  table.add(
      "aten::FloatImplicit(Tensor a) -> float",
      [](Call& call) { call.give(to_double(implicit_number(call.tensor(0), false))); }, kNoRule);
  table.add(
      "aten::ScalarImplicit(Tensor a) -> Scalar",
      [](Call& call) { call.give(to_value(implicit_number(call.tensor(0), false))); }, kNumber);
  table.add("aten::item(Tensor self) -> Scalar", give_number, kNumber);
  table.add("aten::_local_scalar_dense(Tensor self) -> Scalar", give_number, kNumber);
  table.add(
      "prim::NumToTensor.Scalar(Scalar a) -> Tensor",
      [](Call& call) {
        const Scalar number = call.scalar(0);
        call.give(to_tensor(number, is_floating(number) ? DType::kFloat64 : dtype_of(number)));
      },
      {number_dtype, shapes::same_number});
  table.add("prim::NumToTensor.bool(bool a) -> Tensor",
            [](Call& call) { call.give(Tensor::scalar(call.flag(0))); },
            {dtypes::kBool, shapes::same_number});
}

}  // namespace

void register_conversion(OperatorTable& table) {
  register_to(table);
  register_casts(table);
  register_autocast(table);
  register_copies(table);
  register_numbers(table);
}

}  // namespace henson::runtime
