// Distinct elements and slices, where each went, and how often it occurs.
#include <algorithm>
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/sorting.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

using Positions = std::vector<std::int64_t>;

/// Slices grouped by equality.
struct Groups {
  Positions first;    // a slice of each group
  Positions inverse;  // the group of each slice
  Positions counts;
};

/// `order`: the slices as they are walked; `equal(a, b)`: of two slices.
template <typename F>
Groups group(const Positions& order, F equal) {
  Groups groups;
  groups.inverse.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || !equal(order[i - 1], order[i])) {
      groups.first.push_back(order[i]);
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[static_cast<std::size_t>(order[i])] =
        static_cast<std::int64_t>(groups.first.size()) - 1;
  }
  return groups;
}

/// Of the rows of a contiguous matrix [count, width]; sorted first unless only neighbors count.
Groups group_rows(const Tensor& matrix, std::int64_t count, std::int64_t width, bool consecutive) {
  Positions order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return visit_compute(matrix.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = matrix.data<T>();
    const auto row = [&](std::int64_t i) {
      return std::span<const T>(data + i * width, static_cast<std::size_t>(width));
    };
    if (!consecutive) {
      std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return std::lexicographical_compare(row(a).begin(), row(a).end(), row(b).begin(),
                                            row(b).end(), ascends<T>);
      });
    }
    return group(order, [&](std::int64_t a, std::int64_t b) {
      return std::equal(row(a).begin(), row(a).end(), row(b).begin());
    });
  });
}

Tensor tensor_of(Allocator& memory, const Positions& positions, const Dims& sizes) {
  Tensor tensor = Tensor::empty(memory, DType::kInt64, sizes);
  std::copy(positions.begin(), positions.end(), tensor.mutable_data<std::int64_t>());
  return tensor;
}

struct Wanted {
  bool inverse = false;
  bool counts = false;
  bool consecutive = false;
};

/// Results that were not asked for are empty.
void give(Call& call, const Tensor& values, const Groups& groups, const Wanted& wanted,
          const Dims& inverse_sizes, bool three) {
  call.give(values);
  call.give(wanted.inverse ? tensor_of(call.memory(), groups.inverse, inverse_sizes)
                           : tensor_of(call.memory(), {}, {0}));
  if (!three) return;
  call.give(wanted.counts ? tensor_of(call.memory(), groups.counts,
                                      {static_cast<std::int64_t>(groups.counts.size())})
                          : tensor_of(call.memory(), {}, {0}));
}

void unique_elements(Call& call, const Wanted& wanted, bool three = true) {
  const Tensor self = call.tensor(0);
  const Tensor flat = reshape(call.memory(), self, Dims{-1});
  const Tensor widened_flat = widened(call.memory(), flat, self.dtype()).contiguous(call.memory());
  const Groups groups = group_rows(widened_flat, self.numel(), 1, wanted.consecutive);
  const Tensor index =
      tensor_of(call.memory(), groups.first, {static_cast<std::int64_t>(groups.first.size())});
  give(call, take_elements(call.memory(), flat, plan_index_select(call.memory(), flat, 0, index)),
       groups, wanted, self.sizes(), three);
}

/// Throws when the slices along `dim` cannot be compared, as PyTorch refuses them.
void check_slices(const Tensor& self, std::int64_t dim) {
  const std::int64_t count = self.size(dim);  // throws for a dimension out of range
  const auto empty = std::count(self.sizes().begin(), self.sizes().end(), 0);
  if (empty > 1) {
    fail("Number of zero sized dimensions is more than one, so unique cannot be applied");
  }
  if (empty == 1 && count != 0) {
    fail("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
  }
}

/// The inverse and the counts are given whether asked for or not.
void unique_slices(Call& call, std::int64_t dim, bool consecutive) {
  const Tensor self = call.tensor(0);
  check_slices(self, dim);
  const std::int64_t count = self.size(dim);
  const Tensor matrix =
      widened(call.memory(), move_dims(self, {dim}, {0}), self.dtype()).contiguous(call.memory());
  const std::int64_t width = count == 0 ? 0 : self.numel() / count;
  const Groups groups = group_rows(matrix, count, width, consecutive);
  const Tensor index =
      tensor_of(call.memory(), groups.first, {static_cast<std::int64_t>(groups.first.size())});
  const Tensor values =
      take_elements(call.memory(), self, plan_index_select(call.memory(), self, dim, index));
  give(call, values, groups, {true, true, consecutive}, {count}, true);
}

/// Of a result that is empty unless it is asked for.
std::optional<Dimensions> asked_sizes(Inference& call, std::string_view flag,
                                      const std::optional<Dimensions>& sizes) {
  const std::optional<bool> asked = call.flag(flag);
  if (!asked) return std::nullopt;
  return *asked ? sizes : Dimensions{Dimension::of(0)};
}

/// How many there are depends on the elements.
void element_sizes(Inference& call) {
  const Dimensions found = {call.domain().unknown()};
  call.result(0).dims = found;
  call.result(1).dims = asked_sizes(call, "return_inverse", call.dims(0));
  if (call.result_count() < 3) return;
  call.result(2).dims = asked_sizes(call, "return_counts", found);
}

void slice_sizes(Inference& call) {
  const Dimension found = call.domain().unknown();
  call.result(2).dims = Dimensions{found};
  std::optional<Dimensions> sizes = call.dims(0);
  const auto at = sizes ? Inference::dim_at(call.integer("dim", 0), sizes->size()) : std::nullopt;
  if (!at) return;
  call.result(1).dims = Dimensions{(*sizes)[*at]};
  (*sizes)[*at] = found;
  call.result(0).dims = sizes;
}

void consecutive_sizes(Inference& call) {
  if (call.is_none(3)) return element_sizes(call);
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::int64_t> dim = call.integer(3);
  if (!sizes || !dim) return;
  if (sizes->size() == 1 && *dim == 0) return element_sizes(call);
  slice_sizes(call);
}

}  // namespace

void register_unique(OperatorTable& table) {
  table.add(
      "aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> "
      "(Tensor, Tensor)",
      [](Call& call) {
        unique_elements(call, {call.flag(2), false, false}, false);
      },
      {dtypes::with_places, element_sizes});
  table.add(
      "aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, "
      "bool return_counts=False) -> (Tensor, Tensor, Tensor)",
      [](Call& call) {
        unique_elements(call, {call.flag(2), call.flag(3), false});
      },
      {dtypes::with_places, element_sizes});
  table.add(
      "aten::unique_consecutive(Tensor self, bool return_inverse=False, "
      "bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)",
      [](Call& call) {
        const Wanted wanted{call.flag(1), call.flag(2), true};
        // Along the one dimension of a vector too the results are those asked for.
        const bool whole = call.is_none(3) || (call.tensor(0).dim() == 1 && call.integer(3) == 0);
        if (whole) {
          unique_elements(call, wanted);
        } else {
          unique_slices(call, call.integer(3), true);
        }
      },
      {dtypes::with_places, consecutive_sizes});
  table.add(
      "aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, "
      "bool return_counts=False) -> (Tensor, Tensor, Tensor)",
      [](Call& call) { unique_slices(call, call.integer(1), false); },
      {dtypes::with_places, slice_sizes});
  table.add(
      "aten::unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, "
      "bool return_counts=False) -> (Tensor, Tensor, Tensor)",
      [](Call& call) { unique_slices(call, call.integer(1), true); },
      {dtypes::with_places, slice_sizes});
}

}  // namespace henson::runtime
