// Every element of one tensor with every element of others.
#include <algorithm>
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/joining.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/promotion.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// a · b elementwise, broadcast, in the promoted dtype.
Tensor multiply(Allocator& memory, const Tensor& a, const Tensor& b) {
  const DType dtype = Promotion().add(a).add(b).result();
  const Dims sizes = broadcast_sizes(a.sizes(), b.sizes());
  const Tensor x = expand_to(a.to(memory, dtype), sizes);
  const Tensor y = expand_to(b.to(memory, dtype), sizes);
  Tensor out = Tensor::empty(memory, dtype, sizes);
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_into<T, T>(x, y, out, [](T p, T q) {
      if constexpr (std::is_same_v<T, bool>) {
        return p && q;
      } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(static_cast<std::uint64_t>(p) * static_cast<std::uint64_t>(q));
      } else {
        return static_cast<T>(static_cast<Compute<T>>(p) * static_cast<Compute<T>>(q));
      }
    });
  });
  return out;
}

Tensor outer(Allocator& memory, const Tensor& a, const Tensor& b) {
  if (a.dim() != 1 || b.dim() != 1) fail("outer: Expected 1-D arguments");
  return multiply(memory, unsqueeze(a, 1), b);
}

Tensor kron(Allocator& memory, const Tensor& a, const Tensor& b) {
  const std::size_t rank = std::max(a.sizes().size(), b.sizes().size());
  const auto padded = [rank](const Tensor& tensor) {
    Dims sizes(rank - tensor.sizes().size(), 1);
    sizes.insert(sizes.end(), tensor.sizes().begin(), tensor.sizes().end());
    return sizes;
  };
  const Dims a_sizes = padded(a);
  const Dims b_sizes = padded(b);
  Dims a_pairs;
  Dims b_pairs;
  Dims sizes;
  for (std::size_t d = 0; d < rank; ++d) {
    a_pairs.insert(a_pairs.end(), {a_sizes[d], 1});
    b_pairs.insert(b_pairs.end(), {1, b_sizes[d]});
    sizes.push_back(numel_of(Dims{a_sizes[d], b_sizes[d]}));
  }
  return reshape(memory, multiply(memory, reshape(memory, a, a_pairs), reshape(memory, b, b_pairs)),
                 sizes);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail("meshgrid expects a non-empty TensorList");
  Dims sizes;
  for (const Tensor& tensor : tensors) {
    if (tensor.dim() > 1) fail("torch.meshgrid: Expected 0D or 1D tensors");
    if (tensor.dtype() != tensors[0].dtype()) {
      fail("torch.meshgrid expects all tensors to have the same dtype");
    }
    sizes.push_back(tensor.numel());
  }
  std::vector<Tensor> grids;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Dims own(sizes.size(), 1);
    own[i] = sizes[i];
    grids.push_back(expand_to(view(tensors[i], own), sizes));
  }
  return grids;
}

void meshgrid_kernel(Call& call) {
  const std::string indexing = call.size() > 1 ? call.string(1) : "ij";
  if (indexing != "ij" && indexing != "xy") {
    fail("torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: " + indexing);
  }
  std::vector<Tensor> tensors = call.tensors(0);
  const bool exchanged = indexing == "xy" && tensors.size() > 1;
  if (exchanged) std::swap(tensors[0], tensors[1]);
  std::vector<Tensor> grids = meshgrid(tensors);
  if (exchanged) std::swap(grids[0], grids[1]);
  call.give(to_value(call.memory(), grids));
}

std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) {
  Dims sizes;
  for (const Tensor& tensor : tensors) sizes = broadcast_sizes(sizes, tensor.sizes());
  std::vector<Tensor> expanded;
  for (const Tensor& tensor : tensors) expanded.push_back(expand_to(tensor, sizes));
  return expanded;
}

Tensor cartesian_prod(Allocator& memory, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail("cartesian_prod expects tensors");
  for (const Tensor& tensor : tensors) {
    if (tensor.dim() != 1) fail("Expect a 1D vector, but got shape " + to_string(tensor.sizes()));
  }
  if (tensors.size() == 1) return tensors[0];
  std::vector<Tensor> columns;
  for (const Tensor& grid : meshgrid(tensors)) columns.push_back(reshape(memory, grid, Dims{-1}));
  return stack(memory, columns, 1);
}

/// The next choice of `r` positions out of n in lexicographic order; false after the last.
bool next_choice(std::vector<std::int64_t>& choice, std::int64_t n, bool with_replacement) {
  const auto r = static_cast<std::int64_t>(choice.size());
  for (std::int64_t i = r - 1; i >= 0; --i) {
    auto& position = choice[static_cast<std::size_t>(i)];
    if (position >= (with_replacement ? n - 1 : n - r + i)) continue;
    ++position;
    for (std::int64_t j = i + 1; j < r; ++j) {
      choice[static_cast<std::size_t>(j)] = position + (with_replacement ? 0 : j - i);
    }
    return true;
  }
  return false;
}

Tensor combinations(Allocator& memory, const Tensor& self, std::int64_t r, bool with_replacement) {
  if (self.dim() != 1) fail("Expect a 1D vector, but got shape " + to_string(self.sizes()));
  if (r < 0) fail("Expect a non-negative number, but got " + std::to_string(r));
  const std::int64_t n = self.numel();
  if (r == 0) return Tensor::empty(memory, self.dtype(), {0});
  if (n == 0 || (!with_replacement && r > n)) return Tensor::empty(memory, self.dtype(), {0, r});
  std::vector<std::int64_t> choice(static_cast<std::size_t>(r), 0);
  if (!with_replacement) std::iota(choice.begin(), choice.end(), std::int64_t{0});
  constexpr std::size_t kMost = std::size_t{1} << 24;  // elements
  std::vector<std::int64_t> flat;
  do {
    if (flat.size() > kMost) fail("combinations: too many of them");
    flat.insert(flat.end(), choice.begin(), choice.end());
  } while (next_choice(choice, n, with_replacement));
  Tensor index = Tensor::empty(memory, DType::kInt64, {static_cast<std::int64_t>(flat.size())});
  std::copy(flat.begin(), flat.end(), index.mutable_data<std::int64_t>());
  return view(take_elements(memory, self, plan_index_select(memory, self, 0, index)), Dims{-1, r});
}

Tensor block_diag(Allocator& memory, const std::vector<Tensor>& tensors) {
  Promotion promotion;
  Dims sizes{0, 0};
  for (const Tensor& tensor : tensors) {
    if (tensor.dim() > 2) fail("torch.block_diag: Input tensors must have 2 or fewer dimensions");
    promotion.add(tensor);
    const Tensor block = at_least(memory, tensor, 2);
    sizes = {checked_add(sizes[0], block.sizes()[0]), checked_add(sizes[1], block.sizes()[1])};
  }
  if (tensors.empty()) return Tensor::empty(memory, DType::kFloat32, {1, 0});
  const Tensor out = zeros(memory, promotion.result(), sizes);
  Dims corner{0, 0};
  for (const Tensor& tensor : tensors) {
    const Tensor block = at_least(memory, tensor, 2);
    Tensor place =
        narrow(narrow(out, 0, corner[0], block.sizes()[0]), 1, corner[1], block.sizes()[1]);
    copy_into(memory, place, block);
    corner = {corner[0] + block.sizes()[0], corner[1] + block.sizes()[1]};
  }
  return out;
}

void multiplied(Inference& call) {
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (!a || !b) return;
  Dimensions result = a->size() > b->size() ? *a : *b;
  const Dimensions& shorter = a->size() > b->size() ? *b : *a;
  const std::size_t lead = result.size() - shorter.size();
  for (std::size_t d = 0; d < shorter.size(); ++d) result[lead + d] = result[lead + d] * shorter[d];
  call.give(result);
}

/// The sizes of the tensors of a list; nothing where those of one are not known.
std::optional<std::vector<Dimensions>> sizes_of_each(const Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  if (!items) return std::nullopt;
  std::vector<Dimensions> sizes;
  for (const Fact& item : *items) {
    const std::optional<Dimensions> own = call.resolved(item.dims);
    if (!own) return std::nullopt;
    sizes.push_back(*own);
  }
  return sizes;
}

void give_each(Inference& call, const Dimensions& sizes) {
  for (Fact& item : *call.result().items) item.dims = sizes;  // the rule of dtypes made them
}

/// Vectors, one a dimension of what is made of them.
Dimensions sides(const std::vector<Dimensions>& vectors) {
  Dimensions sizes;
  for (const Dimensions& own : vectors) {
    if (own.size() > 1) throw Mismatch{};
    sizes.push_back(own.empty() ? Dimension::of(1) : own.front());
  }
  return sizes;
}

void grids(Inference& call) {
  const auto each = sizes_of_each(call);
  if (!each) return;
  Dimensions sizes = sides(*each);
  if (call.size() > 1) {
    const Value* const indexing = call.arg(1).constant;
    if (indexing == nullptr || !indexing->is<std::string>()) return;
    const bool exchanged = indexing->as<std::string>() == "xy" && sizes.size() > 1;
    if (exchanged) std::swap(sizes[0], sizes[1]);
  }
  give_each(call, sizes);
}

void broadcast_together(Inference& call) {
  const auto each = sizes_of_each(call);
  if (!each) return;
  Dimensions sizes;
  for (const Dimensions& own : *each) sizes = call.broadcast(sizes, own);
  give_each(call, sizes);
}

/// A row for each choice of one element of every vector; of one vector, itself.
void tuples(Inference& call) {
  const auto each = sizes_of_each(call);
  if (!each) return;
  const Dimensions sizes = sides(*each);
  if (sizes.size() == 1) return call.give(sizes);
  Dimension rows = Dimension::of(1);
  for (const Dimension& size : sizes) rows = rows * size;
  call.give({rows, Dimension::of(static_cast<std::int64_t>(sizes.size()))});
}

void choices(Inference& call) {
  const auto count = call.integer(1);
  if (!count) return;
  if (*count < 0) throw Mismatch{};
  if (*count == 0) return call.give({Dimension::of(0)});
  call.give({call.domain().unknown(), Dimension::of(*count)});
}

/// Of no tensors it is an empty float32 matrix.
void block_type(Inference& call) {
  dtypes::promoted<0>(call);
  const auto& items = call.arg(0).items;
  if (items && items->empty()) call.result().dtype = DType::kFloat32;
}

void blocks(Inference& call) {
  const auto each = sizes_of_each(call);
  if (!each) return;
  if (each->empty()) return call.give({Dimension::of(1), Dimension::of(0)});
  Dimensions result = {Dimension::of(0), Dimension::of(0)};
  for (const Dimensions& own : *each) {
    if (own.size() > 2) throw Mismatch{};
    const Dimensions block = shapes::at_least(own, 2);
    result = {result[0] + block[0], result[1] + block[1]};
  }
  call.give(result);
}

}  // namespace

void register_products(OperatorTable& table) {
  for (const std::string name : {"aten::outer", "aten::ger"}) {
    table.add(name + "(Tensor self, Tensor vec2) -> Tensor",
              [](Call& call) { call.give(outer(call.memory(), call.tensor(0), call.tensor(1))); },
              {dtypes::promoted_arrays<0, 1>, shapes::outer});
  }
  table.add("aten::kron(Tensor self, Tensor other) -> Tensor",
            [](Call& call) { call.give(kron(call.memory(), call.tensor(0), call.tensor(1))); },
            {dtypes::promoted_arrays<0, 1>, multiplied});
  table.add("aten::meshgrid(Tensor(a)[] tensors) -> Tensor(a)[]", meshgrid_kernel,
            {dtypes::each, grids});
  table.add("aten::meshgrid.indexing(Tensor(a)[] tensors, *, str indexing) -> Tensor(a)[]",
            meshgrid_kernel, {dtypes::each, grids});
  table.add(
      "aten::broadcast_tensors(Tensor(a)[] tensors) -> Tensor(a)[]",
      [](Call& call) { call.give(to_value(call.memory(), broadcast_tensors(call.tensors(0)))); },
      {dtypes::each, broadcast_together});
  table.add("aten::cartesian_prod(Tensor(a)[] tensors) -> Tensor(a)",
            [](Call& call) { call.give(cartesian_prod(call.memory(), call.tensors(0))); },
            {dtypes::promoted_arrays<0>, tuples});
  table.add("aten::combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor",
            [](Call& call) {
              call.give(combinations(call.memory(), call.tensor(0), call.integer(1), call.flag(2)));
            },
            {dtypes::same, choices});
  table.add("aten::block_diag(Tensor[] tensors) -> Tensor",
            [](Call& call) { call.give(block_diag(call.memory(), call.tensors(0))); },
            {block_type, blocks});
}

}  // namespace henson::runtime
