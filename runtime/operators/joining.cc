#include "runtime/operators/joining.h"

#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/promotion.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

bool counts_for_nothing(const Tensor& tensor) { return tensor.sizes() == Dims{0}; }

DType common_dtype(const std::vector<Tensor>& tensors) {
  Promotion promotion;
  for (const Tensor& tensor : tensors) promotion.add(tensor);
  return promotion.result();
}

void check_fits(const Tensor& first, const Tensor& other, std::size_t dim, std::size_t number) {
  if (first.dim() != other.dim()) {
    fail("Tensors must have same number of dimensions: got " + std::to_string(first.dim()) +
         " and " + std::to_string(other.dim()));
  }
  for (std::size_t d = 0; d < first.sizes().size(); ++d) {
    if (d == dim || first.sizes()[d] == other.sizes()[d]) continue;
    fail("Sizes of tensors must match except in dimension " + std::to_string(dim) +
         ". Expected size " + std::to_string(first.sizes()[d]) + " but got size " +
         std::to_string(other.sizes()[d]) + " for tensor number " + std::to_string(number) +
         " in the list.");
  }
}

std::vector<Tensor> each_at_least(Allocator& memory, const std::vector<Tensor>& tensors,
                                  std::int64_t rank) {
  std::vector<Tensor> raised;
  for (const Tensor& tensor : tensors) raised.push_back(at_least(memory, tensor, rank));
  return raised;
}

Tensor hstack(Allocator& memory, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail("hstack expects a non-empty TensorList");
  const std::vector<Tensor> raised = each_at_least(memory, tensors, 1);
  return cat(memory, raised, raised[0].dim() == 1 ? 0 : 1);
}

Tensor column_stack(Allocator& memory, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail("column_stack expects a non-empty TensorList");
  std::vector<Tensor> columns;
  for (const Tensor& tensor : tensors) {
    columns.push_back(tensor.dim() <= 1 ? reshape(memory, tensor, Dims{tensor.numel(), 1})
                                        : tensor);
  }
  return cat(memory, columns, 1);
}

/// hstack, vstack and dstack: each raised to a rank and joined, vectors along their one dimension.
template <std::size_t kRank>
void joined_raised(Inference& call) {
  if (!call.arg(0).items) return;
  std::vector<Fact> parts = *call.arg(0).items;
  for (Fact& part : parts) {
    if (const auto sizes = call.resolved(part.dims)) part.dims = shapes::at_least(*sizes, kRank);
  }
  if (kRank > 1) return shapes::give_joined(call, parts, kRank == 2 ? 0 : 2);
  if (parts.empty() || !parts.front().dims) return;
  shapes::give_joined(call, parts, parts.front().dims->size() == 1 ? 0 : 1);
}

/// Vectors and numbers are columns.
void joined_columns(Inference& call) {
  if (!call.arg(0).items) return;
  std::vector<Fact> parts = *call.arg(0).items;
  for (Fact& part : parts) {
    const auto sizes = call.resolved(part.dims);
    if (!sizes) return;
    const Dimension one = Dimension::of(1);
    if (sizes->size() <= 1) part.dims = Dimensions{sizes->empty() ? one : sizes->front(), one};
  }
  shapes::give_joined(call, parts, 1);
}

void vstack_kernel(Call& call) {
  call.give(cat(call.memory(), each_at_least(call.memory(), call.tensors(0), 2), 0));
}

}  // namespace

Tensor cat(Allocator& memory, const std::vector<Tensor>& tensors, std::int64_t dim) {
  if (tensors.empty()) fail("torch.cat(): expected a non-empty list of Tensors");
  const Tensor* first = nullptr;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dim() == 0) {
      fail("zero-dimensional tensor (at position " + std::to_string(i) +
           ") cannot be concatenated");
    }
    if (first == nullptr && !counts_for_nothing(tensors[i])) first = &tensors[i];
  }
  const DType dtype = common_dtype(tensors);
  if (first == nullptr) {
    wrap_dim(dim, 1);
    return Tensor::empty(memory, dtype, {0});
  }
  const auto at = static_cast<std::size_t>(wrap_dim(dim, first->dim()));
  Dims sizes = first->sizes();
  sizes[at] = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (counts_for_nothing(tensors[i])) continue;
    check_fits(*first, tensors[i], at, i);
    if (__builtin_add_overflow(sizes[at], tensors[i].sizes()[at], &sizes[at])) {
      fail("torch.cat(): the result is too large");
    }
  }
  const Tensor joined = Tensor::empty(memory, dtype, sizes);
  std::int64_t start = 0;
  for (const Tensor& tensor : tensors) {
    if (counts_for_nothing(tensor)) continue;
    const std::int64_t length = tensor.sizes()[at];
    Tensor part = narrow(joined, static_cast<std::int64_t>(at), start, length);
    copy_into(memory, part, tensor);
    start += length;
  }
  return joined;
}

Tensor stack(Allocator& memory, const std::vector<Tensor>& tensors, std::int64_t dim) {
  if (tensors.empty()) fail("stack expects a non-empty TensorList");
  std::vector<Tensor> parts;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].sizes() != tensors[0].sizes()) {
      fail("stack expects each tensor to be equal size, but got " + to_string(tensors[0].sizes()) +
           " at entry 0 and " + to_string(tensors[i].sizes()) + " at entry " + std::to_string(i));
    }
    parts.push_back(unsqueeze(tensors[i], dim));
  }
  return cat(memory, parts, dim);
}

void register_joining(OperatorTable& table) {
  for (const std::string name : {"aten::cat", "aten::concat", "aten::concatenate"}) {
    table.add(name + "(Tensor[] tensors, int dim=0) -> Tensor",
              [](Call& call) { call.give(cat(call.memory(), call.tensors(0), call.integer(1))); },
              {dtypes::promoted_arrays<0>, shapes::joined});
  }
  table.add("aten::stack(Tensor[] tensors, int dim=0) -> Tensor",
            [](Call& call) { call.give(stack(call.memory(), call.tensors(0), call.integer(1))); },
            {dtypes::promoted_arrays<0>, shapes::stacked});
  table.add("aten::hstack(Tensor[] tensors) -> Tensor",
            [](Call& call) { call.give(hstack(call.memory(), call.tensors(0))); },
            {dtypes::promoted_arrays<0>, joined_raised<1>});
  table.add("aten::vstack(Tensor[] tensors) -> Tensor", vstack_kernel,
            {dtypes::promoted_arrays<0>, joined_raised<2>});
  table.add("aten::row_stack(Tensor[] tensors) -> Tensor", vstack_kernel,
            {dtypes::promoted_arrays<0>, joined_raised<2>});
  table.add("aten::dstack(Tensor[] tensors) -> Tensor",
            [](Call& call) {
              call.give(cat(call.memory(), each_at_least(call.memory(), call.tensors(0), 3), 2));
            },
            {dtypes::promoted_arrays<0>, joined_raised<3>});
  table.add("aten::column_stack(Tensor[] tensors) -> Tensor",
            [](Call& call) { call.give(column_stack(call.memory(), call.tensors(0))); },
            {dtypes::promoted_arrays<0>, joined_columns});
  register_repeating(table);
  register_padding(table);
  register_diagonals(table);
  register_products(table);
}

}  // namespace henson::runtime
