// Where the elements that advanced indexing selects lie.
#pragma once

#include <optional>
#include <vector>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// The elements of `self[indices]`, as offsets (in elements, from self's first): element
/// (b, i, a) of the result lies at before[b] + indexed[i] + after[a]. Every offset has been checked
/// to lie within self.
struct IndexPlan {
  Dims sizes;  // of the result
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> indexed;
  std::vector<std::int64_t> after;
};

/// PyTorch's advanced indexing: int64 and int32 tensors, boolean and uint8 masks, nothing for a
/// dimension that is taken whole. Index tensors broadcast together; their dimensions come where the
/// indexed ones were when those are adjacent, else first. Throws henson::Error (kBadInput).
IndexPlan plan_index(Allocator& memory, const Tensor& self,
                     const std::vector<std::optional<Tensor>>& indices);

/// One dimension indexed by a vector of int64, each within [0, size); negative indices throw.
IndexPlan plan_index_select(Allocator& memory, const Tensor& self, std::int64_t dim,
                            const Tensor& index);

/// The elements that a plan selects, contiguous.
Tensor take_elements(Allocator& memory, const Tensor& self, const IndexPlan& plan);
/// self[plan] = values, which broadcast to plan.sizes and are of self's dtype.
void put_elements(Allocator& memory, Tensor& self, const IndexPlan& plan, const Tensor& values);
/// self[plan] += values, one by one: an element named twice is added to twice.
void add_elements(Allocator& memory, Tensor& self, const IndexPlan& plan, const Tensor& values);

/// The offset of every element of a tensor of these sizes and strides, in row-major order.
std::vector<std::int64_t> element_offsets(std::span<const std::int64_t> sizes,
                                          std::span<const std::int64_t> strides);
/// The positions of the elements that are not zero, one a row: int64 [n, rank].
Tensor nonzero(Allocator& memory, const Tensor& self);
/// An index tensor's elements as int64, in row-major order. Throws for another dtype than int64 or
/// int32.
std::vector<std::int64_t> index_values(Allocator& memory, const Tensor& index);

}  // namespace henson::runtime
