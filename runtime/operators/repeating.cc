// Elements repeated, shifted and turned around.
#include <numeric>
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/joining.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

Tensor tile(Allocator& memory, const Tensor& self, const Dims& dims) {
  Dims repeats = dims;
  while (repeats.size() < self.sizes().size()) repeats.insert(repeats.begin(), 1);
  return repeat(memory, self, repeats);
}

/// Each index as often as its entry says: [2, 0, 1] gives [0, 0, 2].
Tensor repeated_indices(Allocator& memory, const Tensor& repeats,
                        std::optional<std::int64_t> output_size) {
  if (repeats.dim() != 1) fail("repeat_interleave only accept 1D vector as repeat");
  const std::vector<std::int64_t> counts = index_values(memory, repeats);
  std::int64_t total = 0;
  for (const std::int64_t count : counts) {
    if (count < 0) fail("repeats can not be negative");
    if (__builtin_add_overflow(total, count, &total)) fail("repeats are too large");
  }
  if (output_size && *output_size != total) {
    fail("allocated size does not match required size");
  }
  Tensor indices = Tensor::empty(memory, DType::kInt64, {total});
  auto* out = indices.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    out = std::fill_n(out, counts[i], static_cast<std::int64_t>(i));
  }
  return indices;
}

Tensor repeat_interleave(Allocator& memory, const Tensor& self, const Tensor& repeats,
                         std::optional<std::int64_t> dim, std::optional<std::int64_t> output_size) {
  if (dim && self.dim() == 0) fail("repeat_interleave: the tensor has no dimensions");
  const Tensor source = dim ? self : reshape(memory, self, Dims{-1});
  const std::int64_t at = wrap_dim(dim.value_or(0), source.dim());
  const std::int64_t size = source.size(at);
  Tensor counts = repeats;
  if (counts.dim() == 0 || (counts.dim() == 1 && counts.numel() == 1)) {
    counts = expand_to(reshape(memory, counts, Dims{1}), Dims{size});
  } else if (counts.dim() == 1 && counts.numel() != size) {
    fail("repeats must have the same size as input along dim, but got repeats.size(0) = " +
         std::to_string(counts.numel()) + " and input.size(" + std::to_string(at) +
         ") = " + std::to_string(size));
  }
  return take_elements(
      memory, source,
      plan_index_select(memory, source, at, repeated_indices(memory, counts, output_size)));
}

/// Elements moved by `shift` along a dimension, those that fall off coming in again.
Tensor roll_once(Allocator& memory, const Tensor& self, std::int64_t shift, std::int64_t dim) {
  if (self.dim() == 0) fail("roll: the tensor has no dimensions");
  const std::int64_t size = self.size(dim);
  if (self.numel() == 0) return self.clone(memory);
  const std::int64_t start = ((-(shift % size)) % size + size) % size;
  return cat(memory, {slice(self, dim, start, size, 1), slice(self, dim, 0, start, 1)}, dim);
}

Tensor roll(Allocator& memory, const Tensor& self, const Dims& shifts, const Dims& dims) {
  if (dims.empty() && shifts.size() == 1) {
    return reshape(memory, roll_once(memory, reshape(memory, self, Dims{-1}), shifts[0], 0),
                   self.sizes());
  }
  if (shifts.empty()) fail("`shifts` required");
  if (dims.size() != shifts.size()) {
    fail("shifts and dimensions must align. shifts: " + std::to_string(shifts.size()) +
         ", dims:" + std::to_string(dims.size()));
  }
  Tensor rolled = self;
  for (std::size_t i = 0; i < dims.size(); ++i)
    rolled = roll_once(memory, rolled, shifts[i], dims[i]);
  return rolled;
}

Tensor flip(Allocator& memory, const Tensor& self, const Dims& dims) {
  return reversed(self, dims).clone(memory);
}

Tensor flip_dim(Allocator& memory, const Tensor& self, std::int64_t dim) {
  if (self.dim() <= dim) {
    fail("Input must be >= " + std::to_string(dim + 1) + "-d.");
  }
  return flip(memory, self, {dim});
}

Tensor rot90(Allocator& memory, const Tensor& self, std::int64_t turns, const Dims& dims) {
  if (dims.size() != 2) fail("expected total rotation dims == 2");
  if (self.dim() < 2)
    fail("expected total dims >= 2, but got total dims = " + std::to_string(self.dim()));
  const std::int64_t a = wrap_dim(dims[0], self.dim());
  const std::int64_t b = wrap_dim(dims[1], self.dim());
  if (a == b) fail("expected rotation dims to be different");
  switch ((turns % 4 + 4) % 4) {
    case 1:
      return transpose(reversed(self, {b}), a, b).clone(memory);
    case 2:
      return flip(memory, self, {a, b});
    case 3:
      return transpose(reversed(self, {a}), a, b).clone(memory);
    default:
      return self.clone(memory);
  }
}

/// As many as the counts come to.
void repeated_places(Inference& call) {
  const auto told = call.number(1);
  call.give({told ? *told : call.domain().unknown()});
}

void rotated(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto turns = call.integer(1);
  const auto dims = call.integers(2);
  if (!sizes || !turns || !dims) return;
  if (dims->size() != 2) throw Mismatch{};
  const auto a = Inference::dim_at((*dims)[0], sizes->size());
  const auto b = Inference::dim_at((*dims)[1], sizes->size());
  if (!a || !b) throw Mismatch{};
  if (*turns % 2 != 0) std::swap((*sizes)[*a], (*sizes)[*b]);
  call.give(*sizes);
}

constexpr Rule kTurned{dtypes::same, shapes::same, Trait::kMoves};

void register_repeats(OperatorTable& table) {
  table.add("aten::repeat(Tensor self, int[] repeats) -> Tensor",
            [](Call& call) { call.give(repeat(call.memory(), call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::repeated, Trait::kMoves});
  table.add("aten::tile(Tensor self, int[] dims) -> Tensor",
            [](Call& call) { call.give(tile(call.memory(), call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::tiled, Trait::kMoves});
  table.add("aten::repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor",
            [](Call& call) {
              const Tensor repeats = call.tensor(0);
              call.give(repeated_indices(call.memory(), repeats, call.maybe_integer(1))
                            .to(call.memory(), repeats.dtype()));
            },
            {dtypes::same, repeated_places});
  table.add(
      "aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? "
      "output_size=None) -> Tensor",
      [](Call& call) {
        call.give(repeat_interleave(call.memory(), call.tensor(0), call.tensor(1),
                                    call.maybe_integer(2), call.maybe_integer(3)));
      },
      {dtypes::same, shapes::repeated_each, Trait::kMoves});
  table.add(
      "aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? "
      "output_size=None) -> Tensor",
      [](Call& call) {
        if (call.integer(1) < 0) fail("Repeats must be non-negative");
        call.give(repeat_interleave(call.memory(), call.tensor(0), Tensor::scalar(call.integer(1)),
                                    call.maybe_integer(2), call.maybe_integer(3)));
      },
      {dtypes::same, shapes::repeated_each, Trait::kMoves});
}

void register_turns(OperatorTable& table) {
  table.add("aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor",
            [](Call& call) {
              call.give(roll(call.memory(), call.tensor(0), call.ints(1), call.ints(2)));
            },
            {dtypes::same, shapes::same, Trait::kMoves, NumberUse::kCounts});
  table.add(
      "aten::flip(Tensor self, int[] dims) -> Tensor",
      [](Call& call) { call.give(flip(call.memory(), call.tensor(0), call.ints(1))); }, kTurned);
  table.add(
      "aten::fliplr(Tensor self) -> Tensor",
      [](Call& call) { call.give(flip_dim(call.memory(), call.tensor(0), 1)); }, kTurned);
  table.add(
      "aten::flipud(Tensor self) -> Tensor",
      [](Call& call) { call.give(flip_dim(call.memory(), call.tensor(0), 0)); }, kTurned);
  table.add("aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor",
            [](Call& call) {
              call.give(rot90(call.memory(), call.tensor(0), call.integer(1), call.ints(2)));
            },
            {dtypes::same, rotated, Trait::kMoves});
}

}  // namespace

Tensor repeat(Allocator& memory, const Tensor& tensor, const Dims& repeats) {
  const std::size_t rank = tensor.sizes().size();
  if (repeats.size() < rank) {
    fail(
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
        "tensor");
  }
  const std::size_t lead = repeats.size() - rank;
  // Each dimension as a pair: copies, then the dimension itself.
  Dims paired;
  Dims source_sizes;
  Dims sizes;
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    const std::int64_t own = d < lead ? 1 : tensor.sizes()[d - lead];
    if (repeats[d] < 0) {
      fail("Trying to create tensor with negative dimension " + std::to_string(repeats[d]));
    }
    paired.insert(paired.end(), {repeats[d], own});
    source_sizes.insert(source_sizes.end(), {1, own});
    sizes.push_back(numel_of(Dims{repeats[d], own}));
  }
  Dims source_strides(source_sizes.size(), 0);
  for (std::size_t d = 0; d < rank; ++d) {
    source_strides[2 * (lead + d) + 1] = tensor.strides()[d];
  }
  const Tensor out = Tensor::empty(memory, tensor.dtype(), sizes);
  Tensor pairs = out.with_view(paired, contiguous_strides(paired), 0);
  copy_into(memory, pairs, tensor.with_view(source_sizes, source_strides, tensor.offset()));
  return out;
}

void register_repeating(OperatorTable& table) {
  register_repeats(table);
  register_turns(table);
}

}  // namespace henson::runtime
