#include "runtime/operators/shape_queries.h"

#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/promotion.h"

namespace henson::runtime {
namespace {

std::int64_t number_of(DType dtype) { return static_cast<std::int64_t>(dtype); }

std::int64_t stride_of(const Tensor& tensor, std::int64_t dim) {
  if (tensor.dim() == 0) {
    throw Error(ErrorCode::kBadInput, "a 0-dimensional tensor has no stride to ask for");
  }
  return tensor.strides()[static_cast<std::size_t>(wrap_dim(dim, tensor.dim()))];
}

Tensor sizes_tensor(Allocator& memory, const Tensor& tensor) {
  Tensor sizes = Tensor::empty(memory, DType::kInt64, {tensor.dim()});
  std::copy(tensor.sizes().begin(), tensor.sizes().end(), sizes.mutable_data<std::int64_t>());
  return sizes;
}

void give_sizes(Call& call) { call.give(Value::list_of(call.tensor(0).sizes())); }
void give_strides(Call& call) { call.give(Value::list_of(call.tensor(0).strides())); }
void give_size(Call& call) { call.give(call.tensor(0).size(call.integer(1))); }
void give_stride(Call& call) { call.give(stride_of(call.tensor(0), call.integer(1))); }
void give_numel(Call& call) { call.give(call.tensor(0).numel()); }
void give_offset(Call& call) { call.give(call.tensor(0).offset()); }
void give_false(Call& call) { call.give(false); }
void give_true(Call& call) { call.give(true); }
void give_contiguous(Call& call) { call.give(call.tensor(0).is_contiguous()); }

/// result_type of two operands, each a tensor or a number.
void give_result_type(Call& call) {
  Promotion promotion;
  for (const std::size_t i : {0U, 1U}) {
    if (call.arg(i).is<Tensor>()) {
      promotion.add(call.tensor(i));
    } else {
      promotion.add(call.scalar(i));
    }
  }
  call.give(number_of(promotion.result()));
}

bool is_signed(DType dtype) noexcept {
  return dtype != DType::kUInt8 && dtype != DType::kBool && dtype != DType::kQUInt8;
}

// Numbers that follow from dtypes are told by rules of dtypes.

void give_number(Inference& call, std::int64_t number) {
  call.result().number = Dimension::of(number);
}

/// Every tensor is here, whatever device the archive names.
void cpu(Inference& call) {
  static const Value kHere(Device{"cpu"});
  call.result().constant = &kHere;
}

void name_of_cpu(Inference& call) {
  static const Value kName(std::string("cpu"));
  call.result().constant = &kName;
}

template <std::int64_t kNumber>
void always(Inference& call) {
  give_number(call, kNumber);
}

void number_of_type(Inference& call) {
  if (const auto dtype = call.arg(0).dtype) give_number(call, number_of(*dtype));
}

void element_width(Inference& call) {
  const auto dtype = call.arg(0).dtype;
  if (dtype) give_number(call, static_cast<std::int64_t>(size_of(*dtype)));
}

void is_real(Inference& call) {
  const auto floating = call.arg(0).floating;
  if (floating) give_number(call, *floating ? 1 : 0);
}

template <bool (*kHolds)(DType) noexcept>
void is_type(Inference& call) {
  if (const auto dtype = call.arg(0).dtype) give_number(call, kHolds(*dtype) ? 1 : 0);
}

void promoted_type(Inference& call) {
  const auto dtype = dtypes::promote_facts(call, {0, 1}).dtype;
  if (dtype) give_number(call, number_of(*dtype));
}

void promoted_numbers(Inference& call) {
  const auto a = call.integer(0);
  const auto b = call.integer(1);
  const auto x = a ? dtype_from_number(*a) : std::nullopt;
  const auto y = b ? dtype_from_number(*b) : std::nullopt;
  if (x && y) give_number(call, number_of(promote(*x, *y)));
}

/// As many as there are dimensions.
void strides_of(Inference& call) {
  const auto sizes = call.dims(0);
  Fact stride;
  stride.kind = TypeKind::kInt;
  if (sizes) call.result().items.emplace(sizes->size(), stride);
}

void same_sizes(Inference& call) {
  const auto a = call.dims(0);
  const auto b = call.dims(1);
  if (!a || !b) return;
  bool differ = a->size() != b->size();
  for (std::size_t d = 0; !differ && d < a->size(); ++d) {
    const auto x = (*a)[d].literal();
    const auto y = (*b)[d].literal();
    differ = x && y && *x != *y;
  }
  if (differ) {
    give_number(call, 0);
  } else if (*a == *b) {
    give_number(call, 1);
  }
}

constexpr Trait kLayout = Trait::kAsks | Trait::kReadsLayout;

void register_sizes(OperatorTable& table) {
  table.add("aten::size.int(Tensor self, int dim) -> int", give_size,
            {nullptr, shapes::size_of, Trait::kAsks});
  table.add("aten::size(Tensor self) -> int[]", give_sizes,
            {nullptr, shapes::size_of, Trait::kAsks});
  table.add("aten::sym_size.int(Tensor self, int dim) -> int", give_size,
            {nullptr, shapes::size_of, Trait::kAsks});
  table.add("aten::sym_size(Tensor self) -> int[]", give_sizes,
            {nullptr, shapes::size_of, Trait::kAsks});
  table.add("prim::shape(Tensor a) -> int[]", give_sizes, {nullptr, shapes::size_of, Trait::kAsks});
  table.add("aten::shape(Tensor self) -> int[]", give_sizes,
            {nullptr, shapes::size_of, Trait::kAsks});
  table.add("aten::stride.int(Tensor self, int dim) -> int", give_stride,
            {nullptr, nullptr, kLayout});
  table.add("aten::stride(Tensor self) -> int[]", give_strides, {nullptr, strides_of, kLayout});
  table.add("aten::sym_stride.int(Tensor self, int dim) -> int", give_stride,
            {nullptr, nullptr, kLayout});
  table.add("aten::sym_stride(Tensor self) -> int[]", give_strides, {nullptr, strides_of, kLayout});
  table.add("aten::dim(Tensor self) -> int", [](Call& call) { call.give(call.tensor(0).dim()); },
            {nullptr, shapes::rank_of, Trait::kAsks});
  table.add("aten::ndimension(Tensor self) -> int",
            [](Call& call) { call.give(call.tensor(0).dim()); },
            {nullptr, shapes::rank_of, Trait::kAsks});
  table.add("aten::numel(Tensor self) -> int", give_numel,
            {nullptr, shapes::element_count, Trait::kAsks});
  table.add("aten::sym_numel(Tensor self) -> int", give_numel,
            {nullptr, shapes::element_count, Trait::kAsks});
  table.add("aten::storage_offset(Tensor self) -> int", give_offset, {nullptr, nullptr, kLayout});
  table.add("aten::sym_storage_offset(Tensor self) -> int", give_offset,
            {nullptr, nullptr, kLayout});
  table.add("aten::is_contiguous(Tensor self) -> bool", give_contiguous,
            {nullptr, nullptr, kLayout});
  table.add("aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool",
            give_contiguous, {nullptr, nullptr, kLayout});
  table.add("aten::is_same_size(Tensor self, Tensor other) -> bool",
            [](Call& call) { call.give(call.tensor(0).sizes() == call.tensor(1).sizes()); },
            {nullptr, same_sizes, Trait::kAsks});
  table.add("aten::_shape_as_tensor(Tensor self) -> Tensor",
            [](Call& call) { call.give(sizes_tensor(call.memory(), call.tensor(0))); },
            {dtypes::kInt64, shapes::shape_tensor, Trait::kAsks});
}

void register_types(OperatorTable& table) {
  table.add("prim::dtype(Tensor a) -> int",
            [](Call& call) { call.give(number_of(call.tensor(0).dtype())); },
            {number_of_type, nullptr, Trait::kAsks});
  table.add(
      "aten::element_size(Tensor self) -> int",
      [](Call& call) { call.give(static_cast<std::int64_t>(size_of(call.tensor(0).dtype()))); },
      {element_width, nullptr, Trait::kAsks});
  table.add("aten::is_floating_point(Tensor self) -> bool",
            [](Call& call) { call.give(is_floating(call.tensor(0).dtype())); },
            {is_real, nullptr, Trait::kAsks});
  table.add("aten::is_signed(Tensor self) -> bool",
            [](Call& call) { call.give(is_signed(call.tensor(0).dtype())); },
            {is_type<is_signed>, nullptr, Trait::kAsks});
  table.add("prim::is_quantized(Tensor a) -> bool",
            [](Call& call) { call.give(is_quantized(call.tensor(0).dtype())); },
            {is_type<is_quantized>, nullptr, Trait::kAsks});
  table.add("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType", give_result_type,
            {promoted_type, nullptr, Trait::kAsks});
  table.add("aten::result_type.Scalar(Tensor tensor, Scalar other) -> ScalarType", give_result_type,
            {promoted_type, nullptr, Trait::kAsks});
  table.add("aten::result_type.Scalar_Tensor(Scalar scalar, Tensor tensor) -> ScalarType",
            give_result_type, {promoted_type, nullptr, Trait::kAsks});
  table.add("aten::result_type.Scalar_Scalar(Scalar scalar1, Scalar scalar2) -> ScalarType",
            give_result_type, {promoted_type, nullptr, Trait::kAsks});
  table.add("aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType",
            [](Call& call) { call.give(number_of(promote(call.dtype(0), call.dtype(1)))); },
            {promoted_numbers, nullptr, Trait::kAsks});
}

void register_places(OperatorTable& table) {
  table.add("prim::device(Tensor a) -> Device", [](Call& call) { call.give(Device{"cpu"}); },
            {cpu, nullptr, Trait::kAsks});
  table.add("prim::type(Device self) -> str", [](Call& call) { call.give(std::string("cpu")); },
            {name_of_cpu, nullptr, Trait::kAsks});
  table.add("prim::layout(Tensor a) -> int", [](Call& call) { call.give(std::int64_t{0}); },
            {always<0>, nullptr, Trait::kAsks});
  table.add("aten::get_device(Tensor self) -> int", [](Call& call) { call.give(std::int64_t{-1}); },
            {always<-1>, nullptr, Trait::kAsks});
  for (const std::string name :
       {"prim::is_cuda", "prim::is_mkldnn", "prim::is_sparse", "prim::requires_grad",
        "aten::is_complex", "aten::is_inference", "aten::is_conj", "aten::is_neg", "aten::is_cuda",
        "prim::is_nested"}) {
    table.add(name + "(Tensor a) -> bool", give_false, {always<0>, nullptr, Trait::kAsks});
  }
  table.add("aten::is_pinned(Tensor self, Device? device=None) -> bool", give_false,
            {always<0>, nullptr, Trait::kAsks});
  table.add("prim::is_cpu(Tensor a) -> bool", give_true, {always<1>, nullptr, Trait::kAsks});
  table.add("aten::is_leaf(Tensor self) -> bool", give_true, {always<1>, nullptr, Trait::kAsks});
}

}  // namespace

void register_shape_queries(OperatorTable& table) {
  register_sizes(table);
  register_types(table);
  register_places(table);
}

}  // namespace henson::runtime
