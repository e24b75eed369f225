// gather, scatter and take: one index an element.
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/indexing.h"
#include "runtime/operators/moving.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

[[noreturn]] void out_of_bounds(std::int64_t index, std::size_t dim, std::int64_t size) {
  fail("index " + std::to_string(index) + " is out of bounds for dimension " + std::to_string(dim) +
       " with size " + std::to_string(size));
}

/// Throws unless `index` is nowhere larger than `other`, but for one dimension.
void check_no_larger(const Tensor& index, const Tensor& other, std::optional<std::size_t> except,
                     const char* what) {
  if (index.dim() != other.dim()) {
    fail("Index tensor must have the same number of dimensions as " + std::string(what) +
         " tensor");
  }
  for (std::size_t d = 0; d < index.sizes().size(); ++d) {
    if (d != except && index.sizes()[d] > other.sizes()[d]) {
      fail("Expected index " + to_string(index.sizes()) + " to be no larger than " + what + " " +
           to_string(other.sizes()) +
           (except ? " apart from dimension " + std::to_string(*except) : ""));
    }
  }
}

/// For each element of `index`, the offset from self's first element of the one that it names along
/// `dim`. Both are at least vectors.
std::vector<std::int64_t> named_offsets(Allocator& memory, const Tensor& self, std::size_t dim,
                                        const Tensor& index) {
  const std::int64_t size = self.sizes()[dim];
  const std::int64_t stride = self.strides()[dim];
  Dims strides = self.strides();
  strides[dim] = 0;
  std::vector<std::int64_t> offsets = element_offsets(index.sizes(), strides);
  const std::vector<std::int64_t> values = index_values(memory, index);
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (values[i] < 0 || values[i] >= size) out_of_bounds(values[i], dim, size);
    offsets[i] += values[i] * stride;
  }
  return offsets;
}

Tensor take_at(Allocator& memory, const Tensor& self, const std::vector<std::int64_t>& offsets,
               const Dims& sizes) {
  Tensor out = Tensor::empty(memory, self.dtype(), sizes);
  visit_width(self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const source = self.data<T>();
    T* const target = out.mutable_data<T>();
    in_pieces(static_cast<std::int64_t>(offsets.size()),
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last; ++i) {
                  target[i] = source[offsets[static_cast<std::size_t>(i)]];
                }
              });
  });
  return out;
}

Tensor gather(Allocator& memory, const Tensor& self, std::int64_t dim, const Tensor& index) {
  const Tensor source = at_least(memory, self, 1);
  const Tensor which = at_least(memory, index, 1);
  const auto along = static_cast<std::size_t>(wrap_dim(dim, self.dim()));
  if (index.numel() == 0) return Tensor::empty(memory, self.dtype(), index.sizes());
  check_no_larger(which, source, along, "self");
  return take_at(memory, source, named_offsets(memory, source, along, which), index.sizes());
}

enum class Reduce { kAssign, kSum, kProduct, kMean, kMax, kMin };

Reduce reduce_of(const std::string& name) {
  if (name == "sum" || name == "add") return Reduce::kSum;
  if (name == "prod" || name == "multiply") return Reduce::kProduct;
  if (name == "mean") return Reduce::kMean;
  if (name == "amax") return Reduce::kMax;
  if (name == "amin") return Reduce::kMin;
  fail("reduce argument must be sum, prod, mean, amax or amin, and is '" + name + "'");
}

template <typename T>
bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value);
  } else {
    return false;
  }
}

template <typename T>
T combined(Reduce reduce, T a, T b) {
  using C = Compute<T>;
  const C x = static_cast<C>(a);
  const C y = static_cast<C>(b);
  switch (reduce) {
    case Reduce::kAssign:
      return b;
    case Reduce::kSum:
    case Reduce::kMean:
      if constexpr (std::is_same_v<T, bool>) return a || b;
      if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
      }
      return static_cast<T>(x + y);
    case Reduce::kProduct:
      if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
      }
      return static_cast<T>(x * y);
    case Reduce::kMax:
      return is_nan(x) || x > y ? a : b;
    case Reduce::kMin:
      return is_nan(x) || x < y ? a : b;
  }
  return b;
}

/// Divides the elements that were added to by how many were added: integers round down.
template <typename T>
void divide_by_counts(T* target, const std::vector<std::int64_t>& offsets, bool include_self) {
  std::unordered_map<std::int64_t, std::int64_t> counts;
  for (const std::int64_t offset : offsets) ++counts[offset];
  for (const auto& [offset, added] : counts) {
    const std::int64_t count = added + (include_self ? 1 : 0);
    T& element = target[offset];
    if constexpr (std::is_integral_v<T>) {
      const auto sum = static_cast<std::int64_t>(element);
      element = static_cast<T>(sum / count - (sum % count != 0 && sum < 0 ? 1 : 0));
    } else {
      element = static_cast<T>(static_cast<Compute<T>>(element) / static_cast<Compute<T>>(count));
    }
  }
}

template <typename T>
void scatter_into(Tensor& self, const std::vector<std::int64_t>& offsets,
                  const std::vector<std::int64_t>& from, const Tensor& source, Reduce reduce,
                  bool include_self) {
  T* const target = self.mutable_data<T>();
  const T* const values = source.data<T>();
  StopPace pace;
  if (!include_self) {
    // The first value of each element replaces it.
    std::unordered_set<std::int64_t> seen;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      pace.did(1);
      T& element = target[offsets[i]];
      const T value = values[from[i]];
      element = seen.insert(offsets[i]).second ? value : combined(reduce, element, value);
    }
  } else {
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      pace.did(1);
      T& element = target[offsets[i]];
      element = combined(reduce, element, values[from[i]]);
    }
  }
  if (reduce == Reduce::kMean) divide_by_counts(target, offsets, include_self);
}

/// self with source's elements put where `index` names. Returns self.
Tensor scatter(Allocator& memory, Tensor self, std::int64_t dim, const Tensor& index,
               const Tensor& source, Reduce reduce, bool include_self = true) {
  const auto along = static_cast<std::size_t>(wrap_dim(dim, self.dim()));
  if (self.dtype() != source.dtype()) {
    fail("scatter(): Expected self.dtype to be equal to src.dtype");
  }
  if (index.numel() == 0) return self;
  if (reduce == Reduce::kMean && self.dtype() == DType::kBool) {
    fail("scatter_reduce: the mean of bool is not implemented");
  }
  Tensor target = at_least(memory, self, 1);
  const Tensor which = at_least(memory, index, 1);
  Tensor values = at_least(memory, source, 1);
  check_no_larger(which, target, along, "self");
  check_no_larger(which, values, std::nullopt, "src");
  const std::vector<std::int64_t> offsets = named_offsets(memory, target, along, which);
  if (values.buffer() == target.buffer()) values = values.clone(memory);
  const std::vector<std::int64_t> from = element_offsets(which.sizes(), values.strides());
  visit_dtype(self.dtype(), [&](auto tag) {
    scatter_into<typename decltype(tag)::type>(target, offsets, from, values, reduce, include_self);
  });
  return self;
}

/// A number in place of the source.
Tensor repeated(const Scalar& value, const Tensor& self, const Tensor& index) {
  return expand_to(to_tensor(value, self.dtype()), index.sizes());
}

template <bool in_place>
Tensor target_of(Call& call) {
  return in_place ? call.tensor(0) : call.tensor(0).clone(call.memory());
}

template <bool in_place>
void scatter_kernel(Call& call) {
  const Tensor self = target_of<in_place>(call);
  const Tensor index = call.tensor(2);
  const Tensor source =
      call.arg(3).is<Tensor>() ? call.tensor(3) : repeated(call.scalar(3), self, index);
  const Reduce reduce = call.size() > 4 ? reduce_of(call.string(4)) : Reduce::kAssign;
  call.give(scatter(call.memory(), self, call.integer(1), index, source, reduce));
}

template <bool in_place>
void scatter_add_kernel(Call& call) {
  call.give(scatter(call.memory(), target_of<in_place>(call), call.integer(1), call.tensor(2),
                    call.tensor(3), Reduce::kSum));
}

template <bool in_place>
void scatter_reduce_kernel(Call& call) {
  call.give(scatter(call.memory(), target_of<in_place>(call), call.integer(1), call.tensor(2),
                    call.tensor(3), reduce_of(call.string(4)), call.flag(5)));
}

/// The offsets that `index` names in self read as one long vector; negative indices count from the
/// end.
std::vector<std::int64_t> flat_offsets(Allocator& memory, const Tensor& self, const Tensor& index) {
  if (index.dtype() != DType::kInt64) fail("take(): Expected a long tensor for index");
  const std::vector<std::int64_t> offsets = element_offsets(self.sizes(), self.strides());
  const auto count = static_cast<std::int64_t>(offsets.size());
  std::vector<std::int64_t> named = index_values(memory, index);
  for (std::int64_t& value : named) {
    if (value < -count || value >= count) {
      fail("out of range: tried to access index " + std::to_string(value) + " on a tensor of " +
           std::to_string(count) + " elements.");
    }
    value = offsets[static_cast<std::size_t>(value < 0 ? value + count : value)];
  }
  return named;
}

Tensor put(Allocator& memory, Tensor self, const Tensor& index, const Tensor& source,
           bool accumulate) {
  if (self.dtype() != source.dtype()) fail("put_(): self and source must be of one dtype");
  if (index.numel() != source.numel()) {
    fail("put_(): Expected source and index to have the same number of elements");
  }
  IndexPlan plan;
  plan.sizes = {index.numel()};
  plan.before = plan.after = {0};
  plan.indexed = flat_offsets(memory, self, index);
  const Tensor values = reshape(memory, source, plan.sizes);
  if (accumulate) {
    add_elements(memory, self, plan, values);
  } else {
    put_elements(memory, self, plan, values);
  }
  return self;
}

Tensor take_along(Allocator& memory, const Tensor& self, const Tensor& indices,
                  std::optional<std::int64_t> dim) {
  if (indices.dtype() != DType::kInt64) {
    fail("torch.take_along_dim(): dtype of indices should be Long");
  }
  if (!dim)
    return gather(memory, reshape(memory, self, Dims{-1}), 0, reshape(memory, indices, Dims{-1}));
  if (self.dim() != indices.dim()) {
    fail("torch.take_along_dim(): input and indices should have the same number of dimensions");
  }
  const auto along = static_cast<std::size_t>(wrap_dim(*dim, self.dim()));
  Dims self_sizes = self.sizes();
  Dims index_sizes = indices.sizes();
  if (self_sizes.empty()) return gather(memory, self, *dim, indices);
  const std::int64_t size = self_sizes[along];
  const std::int64_t picked = index_sizes[along];
  self_sizes[along] = index_sizes[along] = 1;
  Dims common = broadcast_sizes(self_sizes, index_sizes);
  common[along] = size;
  const Tensor source = expand_to(self, common);
  common[along] = picked;
  Tensor which = expand_to(indices, common).clone(memory);
  for (std::int64_t& value :
       std::span(which.mutable_data<std::int64_t>(), static_cast<std::size_t>(which.numel()))) {
    // PyTorch takes any index here, modulo the size.
    if (size > 0) value = (value % size + size) % size;
  }
  return gather(memory, source, *dim, which);
}

template <bool in_place>
void put_kernel(Call& call) {
  call.give(
      put(call.memory(), target_of<in_place>(call), call.tensor(1), call.tensor(2), call.flag(3)));
}

/// As many as the indices say along the dimension, broadcast beside it; without one, as many as
/// there are indices.
void taken_along(Inference& call) {
  std::optional<Dimensions> own = call.dims(0);
  std::optional<Dimensions> index = call.dims(1);
  if (!index) return;
  if (call.is_none(2)) {
    Dimension count = Dimension::of(1);
    for (const Dimension& size : *index) count = count * size;
    return call.give({count});
  }
  const auto dim = call.integer(2);
  if (!own || !dim) return;
  if (own->size() != index->size()) throw Mismatch{};
  const auto along = Inference::dim_at(*dim, own->size());
  if (!along) return call.give(*index);
  const Dimension picked = (*index)[*along];
  (*own)[*along] = (*index)[*along] = Dimension::of(1);
  Dimensions result = call.broadcast(*own, *index);
  result[*along] = picked;
  call.give(result);
}

constexpr Rule kWrittenRows{dtypes::same, shapes::written_rows};

void register_scatters(OperatorTable& table) {
  struct Form {
    const char* overload;
    const char* arguments;
  };
  for (const Form& form : {Form{".src", "Tensor src"}, Form{".value", "Scalar value"},
                           Form{".reduce", "Tensor src, *, str reduce"},
                           Form{".value_reduce", "Scalar value, *, str reduce"}}) {
    const std::string rest =
        " self, int dim, Tensor index, " + std::string(form.arguments) + ") -> ";
    table.add("aten::scatter" + std::string(form.overload) + "(Tensor" + rest + "Tensor",
              scatter_kernel<false>, kWrittenRows);
    table.add("aten::scatter_" + std::string(form.overload) + "(Tensor(a!)" + rest + "Tensor(a!)",
              scatter_kernel<true>, kWrittenRows);
  }
  const std::string add = " self, int dim, Tensor index, Tensor src) -> ";
  table.add("aten::scatter_add(Tensor" + add + "Tensor", scatter_add_kernel<false>, kWrittenRows);
  table.add("aten::scatter_add_(Tensor(a!)" + add + "Tensor(a!)", scatter_add_kernel<true>,
            kWrittenRows);
  const std::string two =
      " self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> ";
  table.add("aten::scatter_reduce.two(Tensor" + two + "Tensor", scatter_reduce_kernel<false>,
            kWrittenRows);
  table.add("aten::scatter_reduce_.two(Tensor(a!)" + two + "Tensor(a!)",
            scatter_reduce_kernel<true>, kWrittenRows);
}

}  // namespace

void register_gathering(OperatorTable& table) {
  table.add("aten::gather(Tensor self, int dim, Tensor index, bool sparse_grad=False) -> Tensor",
            [](Call& call) {
              call.give(gather(call.memory(), call.tensor(0), call.integer(1), call.tensor(2)));
            },
            {dtypes::same, shapes::gathered});
  register_scatters(table);
  table.add("aten::take(Tensor self, Tensor index) -> Tensor",
            [](Call& call) {
              const Tensor self = call.tensor(0);
              const Tensor index = call.tensor(1);
              call.give(take_at(call.memory(), self, flat_offsets(call.memory(), self, index),
                                index.sizes()));
            },
            {dtypes::same, shapes::as_other});
  table.add(
      "aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
      [](Call& call) {
        call.give(take_along(call.memory(), call.tensor(0), call.tensor(1), call.maybe_integer(2)));
      },
      {dtypes::same, taken_along});
  const std::string put = " self, Tensor index, Tensor source, bool accumulate=False) -> ";
  table.add("aten::put(Tensor" + put + "Tensor", put_kernel<false>, {dtypes::same, shapes::same});
  table.add("aten::put_(Tensor(a!)" + put + "Tensor(a!)", put_kernel<true>,
            {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
