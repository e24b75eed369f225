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

Tensor sizes_tensor(const Tensor& tensor) {
  Tensor sizes = Tensor::empty(DType::kInt64, {tensor.dim()});
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

void register_sizes(OperatorTable& table) {
  table.add("aten::size.int(Tensor self, int dim) -> int", give_size);
  table.add("aten::size(Tensor self) -> int[]", give_sizes);
  table.add("aten::sym_size.int(Tensor self, int dim) -> int", give_size);
  table.add("aten::sym_size(Tensor self) -> int[]", give_sizes);
  table.add("prim::shape(Tensor a) -> int[]", give_sizes);
  table.add("aten::shape(Tensor self) -> int[]", give_sizes);
  table.add("aten::stride.int(Tensor self, int dim) -> int", give_stride);
  table.add("aten::stride(Tensor self) -> int[]", give_strides);
  table.add("aten::sym_stride.int(Tensor self, int dim) -> int", give_stride);
  table.add("aten::sym_stride(Tensor self) -> int[]", give_strides);
  table.add("aten::dim(Tensor self) -> int", [](Call& call) { call.give(call.tensor(0).dim()); });
  table.add("aten::ndimension(Tensor self) -> int",
            [](Call& call) { call.give(call.tensor(0).dim()); });
  table.add("aten::numel(Tensor self) -> int", give_numel);
  table.add("aten::sym_numel(Tensor self) -> int", give_numel);
  table.add("aten::storage_offset(Tensor self) -> int", give_offset);
  table.add("aten::sym_storage_offset(Tensor self) -> int", give_offset);
  table.add("aten::is_contiguous(Tensor self) -> bool", give_contiguous);
  table.add("aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool",
            give_contiguous);
  table.add("aten::is_same_size(Tensor self, Tensor other) -> bool",
            [](Call& call) { call.give(call.tensor(0).sizes() == call.tensor(1).sizes()); });
  table.add("aten::_shape_as_tensor(Tensor self) -> Tensor",
            [](Call& call) { call.give(sizes_tensor(call.tensor(0))); });
}

void register_types(OperatorTable& table) {
  table.add("prim::dtype(Tensor a) -> int",
            [](Call& call) { call.give(number_of(call.tensor(0).dtype())); });
  table.add("aten::element_size(Tensor self) -> int", [](Call& call) {
    call.give(static_cast<std::int64_t>(size_of(call.tensor(0).dtype())));
  });
  table.add("aten::is_floating_point(Tensor self) -> bool",
            [](Call& call) { call.give(is_floating(call.tensor(0).dtype())); });
  table.add("aten::is_signed(Tensor self) -> bool", [](Call& call) {
    const DType dtype = call.tensor(0).dtype();
    call.give(dtype != DType::kUInt8 && dtype != DType::kBool && dtype != DType::kQUInt8);
  });
  table.add("prim::is_quantized(Tensor a) -> bool",
            [](Call& call) { call.give(is_quantized(call.tensor(0).dtype())); });
  table.add("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType",
            give_result_type);
  table.add("aten::result_type.Scalar(Tensor tensor, Scalar other) -> ScalarType",
            give_result_type);
  table.add("aten::result_type.Scalar_Tensor(Scalar scalar, Tensor tensor) -> ScalarType",
            give_result_type);
  table.add("aten::result_type.Scalar_Scalar(Scalar scalar1, Scalar scalar2) -> ScalarType",
            give_result_type);
  table.add("aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType",
            [](Call& call) { call.give(number_of(promote(call.dtype(0), call.dtype(1)))); });
}

void register_places(OperatorTable& table) {
  table.add("prim::device(Tensor a) -> Device", [](Call& call) { call.give(Device{"cpu"}); });
  table.add("prim::layout(Tensor a) -> int", [](Call& call) { call.give(std::int64_t{0}); });
  table.add("aten::get_device(Tensor self) -> int",
            [](Call& call) { call.give(std::int64_t{-1}); });
  for (const std::string name : {"prim::is_cuda", "prim::is_mkldnn", "prim::is_sparse",
                                 "prim::requires_grad", "aten::is_complex", "aten::is_inference",
                                 "aten::is_conj", "aten::is_neg", "aten::is_cuda"}) {
    table.add(name + "(Tensor a) -> bool", give_false);
  }
  table.add("aten::is_pinned(Tensor self, Device? device=None) -> bool", give_false);
  table.add("prim::is_cpu(Tensor a) -> bool", give_true);
  table.add("aten::is_leaf(Tensor self) -> bool", give_true);
}

}  // namespace

void register_shape_queries(OperatorTable& table) {
  register_sizes(table);
  register_types(table);
  register_places(table);
}

}  // namespace henson::runtime
