#include "runtime/operators/index_plan.h"

#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/moving.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

using Indices = std::vector<std::optional<Tensor>>;

void check_mask(const Tensor& self, const Tensor& mask, std::size_t at) {
  for (std::size_t d = 0; d < mask.sizes().size(); ++d) {
    if (at + d < self.sizes().size() && mask.sizes()[d] == self.sizes()[at + d]) continue;
    fail("The shape of the mask " + to_string(mask.sizes()) + " at index " + std::to_string(d) +
         " does not match the shape of the indexed tensor " + to_string(self.sizes()) +
         " at index " + std::to_string(at + d));
  }
}

/// One entry a dimension, masks replaced by the positions of their ones.
Indices expand_masks(Allocator& memory, const Tensor& self, const Indices& indices) {
  Indices expanded;
  for (const std::optional<Tensor>& index : indices) {
    if (!index) {
      expanded.emplace_back();
      continue;
    }
    const DType dtype = index->dtype();
    if (dtype == DType::kInt64 || dtype == DType::kInt32) {
      expanded.push_back(index->to(memory, DType::kInt64));
      continue;
    }
    if (dtype != DType::kBool && dtype != DType::kUInt8) {
      fail("tensors used as indices must be long, int, byte or bool tensors");
    }
    check_mask(self, *index, expanded.size());
    const Tensor positions = nonzero(memory, *index);
    for (std::int64_t d = 0; d < index->dim(); ++d) {
      expanded.push_back(select(positions, 1, d));
    }
  }
  return expanded;
}

bool adjacent(const Indices& indices) {
  std::size_t runs = 0;
  for (std::size_t d = 0; d < indices.size(); ++d) {
    if (indices[d] && (d == 0 || !indices[d - 1])) ++runs;
  }
  return runs <= 1;
}

/// Adds index · stride to each offset, after a check against the dimension's size.
void add_dimension(Allocator& memory, const Tensor& index, std::int64_t dim, std::int64_t size,
                   std::int64_t stride, std::vector<std::int64_t>& offsets) {
  const Tensor contiguous = index.contiguous(memory);
  const auto* const values = contiguous.data<std::int64_t>();
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::int64_t value = values[i];
    if (value < -size || value >= size) {
      fail("index " + std::to_string(value) + " is out of bounds for dimension " +
           std::to_string(dim) + " with size " + std::to_string(size));
    }
    offsets[i] += (value < 0 ? value + size : value) * stride;
  }
}

Dims common_sizes(const Indices& indices) {
  Dims sizes;
  for (const std::optional<Tensor>& index : indices) {
    if (!index) continue;
    try {
      sizes = broadcast_sizes(sizes, index->sizes());
    } catch (const Error&) {
      fail("shape mismatch: indexing tensors could not be broadcast together with shapes " +
           to_string(sizes) + ", " + to_string(index->sizes()));
    }
  }
  return sizes;
}

/// Calls visit(k, offset) for the k-th selected element, in the result's row-major order.
template <typename F>
void for_each_selected(const IndexPlan& plan, F&& visit) {
  std::size_t k = 0;
  StopPace pace;
  for (const std::int64_t before : plan.before) {
    for (const std::int64_t indexed : plan.indexed) {
      pace.did(static_cast<std::int64_t>(plan.after.size()));
      const std::int64_t base = before + indexed;
      for (const std::int64_t after : plan.after) visit(k++, base + after);
    }
  }
}

/// Values as they are read beside a plan: expanded, contiguous, never sharing self's buffer.
Tensor values_for(Allocator& memory, const Tensor& self, const IndexPlan& plan,
                  const Tensor& values) {
  const Tensor expanded = expand_to(values, plan.sizes);
  return expanded.buffer() == self.buffer() ? expanded.clone(memory) : expanded.contiguous(memory);
}

}  // namespace

std::vector<std::int64_t> element_offsets(std::span<const std::int64_t> sizes,
                                          std::span<const std::int64_t> strides) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(numel_of(sizes)));
  StridedWalk<1> walk(sizes, {strides});
  for (std::int64_t& offset : offsets) {
    offset = walk.offsets()[0];
    walk.next();
  }
  return offsets;
}

Tensor nonzero(Allocator& memory, const Tensor& self) {
  const Tensor mask = self.to(memory, DType::kBool).contiguous(memory);
  const bool* const values = mask.data<bool>();
  std::vector<std::int64_t> flat;
  for (std::int64_t i = 0; i < mask.numel(); ++i) {
    if (values[i]) flat.push_back(i);
  }
  const Dims strides = contiguous_strides(self.sizes());
  Tensor positions =
      Tensor::empty(memory, DType::kInt64, {static_cast<std::int64_t>(flat.size()), self.dim()});
  auto* out = positions.mutable_data<std::int64_t>();
  for (const std::int64_t at : flat) {
    for (std::size_t d = 0; d < strides.size(); ++d) {
      *out++ = at / strides[d] % self.sizes()[d];
    }
  }
  return positions;
}

std::vector<std::int64_t> index_values(Allocator& memory, const Tensor& index) {
  if (index.dtype() != DType::kInt64 && index.dtype() != DType::kInt32) {
    fail("an index must be an int64 or int32 tensor, and is " +
         std::string(name_of(index.dtype())));
  }
  const Tensor contiguous = index.to(memory, DType::kInt64).contiguous(memory);
  const auto* const first = contiguous.data<std::int64_t>();
  return {first, first + contiguous.numel()};
}

IndexPlan plan_index(Allocator& memory, const Tensor& self,
                     const std::vector<std::optional<Tensor>>& indices) {
  const Indices expanded = expand_masks(memory, self, indices);
  if (std::none_of(expanded.begin(), expanded.end(), [](const auto& i) { return i.has_value(); })) {
    fail("at least one index must be provided");
  }
  if (expanded.size() > self.sizes().size()) {
    fail("too many indices for tensor of dimension " + std::to_string(self.dim()) + " (got " +
         std::to_string(expanded.size()) + ")");
  }
  const Dims shape = common_sizes(expanded);
  const bool keeps_place = adjacent(expanded);
  IndexPlan plan;
  plan.indexed.assign(static_cast<std::size_t>(numel_of(shape)), 0);
  Dims before_sizes;
  Dims before_strides;
  Dims after_sizes;
  Dims after_strides;
  bool met = false;
  for (std::size_t d = 0; d < self.sizes().size(); ++d) {
    const std::int64_t size = self.sizes()[d];
    const std::int64_t stride = self.strides()[d];
    if (d < expanded.size() && expanded[d]) {
      met = true;
      add_dimension(memory, expand_to(*expanded[d], shape), static_cast<std::int64_t>(d), size,
                    stride, plan.indexed);
      continue;
    }
    const bool before = keeps_place && !met;
    (before ? before_sizes : after_sizes).push_back(size);
    (before ? before_strides : after_strides).push_back(stride);
  }
  plan.before = element_offsets(before_sizes, before_strides);
  plan.after = element_offsets(after_sizes, after_strides);
  plan.sizes = before_sizes;
  plan.sizes.insert(plan.sizes.end(), shape.begin(), shape.end());
  plan.sizes.insert(plan.sizes.end(), after_sizes.begin(), after_sizes.end());
  numel_of(plan.sizes);
  return plan;
}

IndexPlan plan_index_select(Allocator& memory, const Tensor& self, std::int64_t dim,
                            const Tensor& index) {
  if (index.dim() > 1) fail("Index is supposed to be a vector");
  const auto at = static_cast<std::size_t>(wrap_dim(dim, self.dim()));
  const bool number = self.dim() == 0;
  const std::int64_t size = number ? 1 : self.sizes()[at];
  const std::int64_t stride = number ? 0 : self.strides()[at];
  IndexPlan plan;
  plan.indexed = index_values(memory, index);
  for (std::int64_t& offset : plan.indexed) {
    if (offset < 0 || offset >= size) {
      fail("index " + std::to_string(offset) + " is out of bounds for dimension " +
           std::to_string(at) + " with size " + std::to_string(size));
    }
    offset *= stride;
  }
  const std::span<const std::int64_t> sizes(self.sizes());
  const std::span<const std::int64_t> strides(self.strides());
  plan.sizes = self.sizes();
  if (number) {
    if (plan.indexed.size() != 1) {
      fail("index_select(): Index to scalar can have only 1 value, got " +
           std::to_string(plan.indexed.size()) + " value(s)");
    }
    plan.before = plan.after = {0};
    return plan;
  }
  plan.before = element_offsets(sizes.first(at), strides.first(at));
  plan.after = element_offsets(sizes.subspan(at + 1), strides.subspan(at + 1));
  plan.sizes[at] = index.numel();
  return plan;
}

Tensor take_elements(Allocator& memory, const Tensor& self, const IndexPlan& plan) {
  Tensor out = Tensor::empty(memory, self.dtype(), plan.sizes);
  if (self.quantization()) out = out.with_quantization(self.quantization());
  visit_width(self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const source = self.data<T>();
    T* const target = out.mutable_data<T>();
    for_each_selected(plan,
                      [&](std::size_t k, std::int64_t offset) { target[k] = source[offset]; });
  });
  return out;
}

void put_elements(Allocator& memory, Tensor& self, const IndexPlan& plan, const Tensor& values) {
  const Tensor read = values_for(memory, self, plan, values);
  visit_width(self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const source = read.data<T>();
    T* const target = self.mutable_data<T>();
    for_each_selected(plan,
                      [&](std::size_t k, std::int64_t offset) { target[offset] = source[k]; });
  });
}

void add_elements(Allocator& memory, Tensor& self, const IndexPlan& plan, const Tensor& values) {
  const Tensor read = values_for(memory, self, plan, values);
  visit_dtype(self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const source = read.data<T>();
    T* const target = self.mutable_data<T>();
    for_each_selected(plan, [&](std::size_t k, std::int64_t offset) {
      if constexpr (std::is_same_v<T, bool>) {
        target[offset] = target[offset] || source[k];
      } else if constexpr (std::is_integral_v<T>) {
        target[offset] = static_cast<T>(static_cast<std::uint64_t>(target[offset]) +
                                        static_cast<std::uint64_t>(source[k]));
      } else {
        target[offset] = static_cast<T>(target[offset] + source[k]);
      }
    });
  });
}

}  // namespace henson::runtime
