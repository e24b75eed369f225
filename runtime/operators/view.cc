// Operators that show a tensor with other sizes and strides.
#include <algorithm>
#include <optional>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/shape_queries.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

void same(Call& call) { call.give(call.arg(0)); }

Tensor movedim(Call& call) { return move_dims(call.tensor(0), call.ints(1), call.ints(2)); }

Tensor transposed(Call& call) {
  return transpose(call.tensor(0), call.integer(1), call.integer(2));
}

Tensor sliced(Call& call) {
  return slice(call.tensor(0), call.integer(1), call.maybe_integer(2), call.maybe_integer(3),
               call.integer(4));
}

/// x.mT: the last two dimensions exchanged; a number stays as it is.
Tensor last_transposed(const Tensor& tensor) {
  if (tensor.dim() == 0) return tensor;
  if (tensor.dim() == 1) {
    throw Error(ErrorCode::kBadInput,
                "tensor.mT is only supported on matrices or batches of matrices. Got " +
                    std::to_string(tensor.dim()) + "-D tensor.");
  }
  return transpose(tensor, -2, -1);
}

/// Gives the tensor itself, after every handle on it sees what `shown` shows.
void show_in_place(Call& call, const Tensor& shown) {
  Tensor self = call.tensor(0);
  self.set_view(shown.sizes(), shown.strides());
  call.give(self);
}

/// Splits along a dimension that depends on the rank, as numpy's hsplit and its kin do.
std::int64_t split_dim(Call& call, char kind) {
  const std::int64_t rank = call.tensor(0).dim();
  const std::int64_t least = kind == 'h' ? 1 : kind == 'v' ? 2 : 3;
  if (rank < least) {
    throw Error(ErrorCode::kBadInput, std::string(1, kind) +
                                          "split requires a tensor with at "
                                          "least " +
                                          std::to_string(least) +
                                          " dimension, but got a tensor with " +
                                          std::to_string(rank) + " dimensions");
  }
  return kind == 'h' ? (rank == 1 ? 0 : 1) : kind == 'v' ? 0 : 2;
}

void split_equally(Call& call, char kind) {
  const std::int64_t dim = split_dim(call, kind);
  const Tensor self = call.tensor(0);
  const std::int64_t sections = call.integer(1);
  if (sections <= 0 || self.size(dim) % sections != 0) {
    throw Error(ErrorCode::kBadInput, "the size of the tensor along the split dimension (" +
                                          std::to_string(self.size(dim)) +
                                          ") is not divisible by split_size " +
                                          std::to_string(sections));
  }
  call.give(to_value(call.memory(), tensor_split(self, sections, dim)));
}

void split_at(Call& call, char kind) {
  call.give(to_value(call.memory(),
                     tensor_split_at(call.tensor(0), call.ints(1), split_dim(call, kind))));
}

void split_by_tensor(Call& call) {
  const Tensor where = call.tensor(1);
  if (where.dtype() != DType::kInt64 || where.dim() > 1) {
    throw Error(ErrorCode::kBadInput,
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                "one-dimensional int64 tensor");
  }
  if (where.dim() == 0) {
    call.give(
        to_value(call.memory(), tensor_split(call.tensor(0), call.integer(1), call.integer(2))));
    return;
  }
  const Tensor indices = where.contiguous(call.memory());
  const auto* const first = indices.data<std::int64_t>();
  call.give(to_value(
      call.memory(),
      tensor_split_at(call.tensor(0), Dims(first, first + indices.numel()), call.integer(2))));
}

/// The bytes of the last dimension as elements of another width.
void retyped(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank;
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<DType> from = call.arg(0).dtype;
  const std::optional<DType> to = call.result().dtype;
  if (!sizes || !from || !to) return;
  const auto width = [](DType dtype) {
    return Dimension::of(static_cast<std::int64_t>(size_of(dtype)));
  };
  if (size_of(*from) != size_of(*to)) {
    if (sizes->empty()) throw Mismatch{};
    sizes->back() = *(sizes->back() * width(*from)).divided_by(width(*to));
  }
  call.give(*sizes);
}

template <std::size_t kRank>
void raised(Inference& call) {
  call.result().least_rank = std::max(kRank, call.arg(0).least_rank);
  if (const auto sizes = call.dims(0)) call.give(shapes::at_least(*sizes, kRank));
}

template <std::size_t kRank>
void each_raised(Inference& call) {
  const std::optional<std::vector<Fact>>& given = call.arg(0).items;
  if (!given) return;
  std::vector<Fact>& items = *call.result().items;  // the rule of dtypes made them
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto sizes = call.resolved((*given)[i].dims);
    if (sizes) items[i].dims = shapes::at_least(*sizes, kRank);
  }
}

constexpr Rule kTheSame{dtypes::same, shapes::same_elements, Trait::kMoves};
constexpr Rule kTransposed{dtypes::same, shapes::transposed, Trait::kMoves};
constexpr Rule kSqueezed{dtypes::same, shapes::squeezed, Trait::kMoves};
constexpr Rule kSplit{dtypes::same, shapes::split, Trait::kMoves};

void register_reshaping(OperatorTable& table) {
  const Kernel view_kernel = [](Call& call) { call.give(view(call.tensor(0), call.ints(1))); };
  table.add("aten::view(Tensor(a) self, int[] size) -> Tensor(a)", view_kernel,
            {dtypes::same, shapes::view, Trait::kMoves});
  table.add("aten::_unsafe_view(Tensor(a) self, int[] size) -> Tensor(a)", view_kernel,
            {dtypes::same, shapes::view, Trait::kMoves});
  table.add("aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)",
            [](Call& call) { call.give(view_as_dtype(call.tensor(0), call.dtype(1))); },
            {dtypes::told_or<dtypes::same>, retyped});
  table.add("aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)",
            [](Call& call) { call.give(view(call.tensor(0), call.tensor(1).sizes())); },
            {dtypes::same, shapes::as_other, Trait::kMoves});
  table.add("aten::reshape(Tensor(a) self, int[] shape) -> Tensor(a)",
            [](Call& call) { call.give(reshape(call.memory(), call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::view, Trait::kMoves});
  table.add("aten::_reshape_alias(Tensor(a) self, int[] size, int[] stride) -> Tensor(a)",
            [](Call& call) { call.give(reshape(call.memory(), call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::view, Trait::kMoves});
  table.add(
      "aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)",
      [](Call& call) { call.give(reshape(call.memory(), call.tensor(0), call.tensor(1).sizes())); },
      {dtypes::same, shapes::as_other, Trait::kMoves});
  table.add(
      "aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
      [](Call& call) {
        call.give(flatten(call.memory(), call.tensor(0), call.integer(1), call.integer(2)));
      },
      {dtypes::same, shapes::flattened, Trait::kMoves});
  table.add("aten::ravel(Tensor(a) self) -> Tensor(a)",
            [](Call& call) {
              call.give(reshape(call.memory(), call.tensor(0).contiguous(call.memory()), Dims{-1}));
            },
            {dtypes::same, shapes::flattened, Trait::kMoves});
  table.add("aten::unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)",
            [](Call& call) { call.give(unflatten(call.tensor(0), call.integer(1), call.ints(2))); },
            {dtypes::same, shapes::unflattened, Trait::kMoves});
  table.add("aten::expand(Tensor(a) self, int[] size, bool implicit=False) -> Tensor(a)",
            [](Call& call) { call.give(expand(call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::expanded, Trait::kMoves});
  table.add("aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)",
            [](Call& call) { call.give(expand_to(call.tensor(0), call.tensor(1).sizes())); },
            {dtypes::same, shapes::expanded_as, Trait::kMoves});
  table.add("aten::broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)",
            [](Call& call) { call.give(expand(call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::expanded, Trait::kMoves});
}

void register_dimensions(OperatorTable& table) {
  const Kernel transpose_kernel = [](Call& call) { call.give(transposed(call)); };
  table.add("aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)",
            [](Call& call) { call.give(permute(call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::permuted, Trait::kMoves});
  table.add("aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)",
            transpose_kernel, kTransposed);
  table.add("aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)", transpose_kernel,
            kTransposed);
  table.add("aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", transpose_kernel,
            kTransposed);
  table.add(
      "aten::t(Tensor(a) self) -> Tensor(a)",
      [](Call& call) { call.give(matrix_transpose(call.tensor(0))); }, kTransposed);
  table.add("aten::numpy_T(Tensor(a) self) -> Tensor(a)",
            [](Call& call) { call.give(reverse_dims(call.tensor(0))); },
            {dtypes::same, shapes::reversed, Trait::kMoves});
  table.add(
      "aten::mT(Tensor(a) self) -> Tensor(a)",
      [](Call& call) { call.give(last_transposed(call.tensor(0))); }, kTransposed);
  table.add(
      "aten::mH(Tensor(a) self) -> Tensor(a)",
      [](Call& call) { call.give(last_transposed(call.tensor(0))); }, kTransposed);
  for (const std::string name : {"aten::movedim", "aten::moveaxis"}) {
    table.add(name + ".int(Tensor(a) self, int source, int destination) -> Tensor(a)",
              [](Call& call) { call.give(movedim(call)); },
              {dtypes::same, shapes::moved, Trait::kMoves});
    table.add(name + ".intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
              [](Call& call) { call.give(movedim(call)); },
              {dtypes::same, shapes::moved, Trait::kMoves});
  }
  table.add(
      "aten::squeeze(Tensor(a) self) -> Tensor(a)",
      [](Call& call) { call.give(squeeze(call.tensor(0))); }, kSqueezed);
  table.add(
      "aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)",
      [](Call& call) { call.give(squeeze(call.tensor(0), call.ints(1))); }, kSqueezed);
  table.add(
      "aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)",
      [](Call& call) { call.give(squeeze(call.tensor(0), call.ints(1))); }, kSqueezed);
  table.add("aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)",
            [](Call& call) { call.give(unsqueeze(call.tensor(0), call.integer(1))); },
            {dtypes::same, shapes::unsqueezed, Trait::kMoves});
}

void register_in_place(OperatorTable& table) {
  table.add("aten::squeeze_(Tensor(a!) self) -> Tensor(a!)",
            [](Call& call) { show_in_place(call, squeeze(call.tensor(0))); },
            {dtypes::same, shapes::squeezed, Trait::kReshapes});
  table.add("aten::squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)",
            [](Call& call) { show_in_place(call, squeeze(call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::squeezed, Trait::kReshapes});
  table.add("aten::squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)",
            [](Call& call) { show_in_place(call, squeeze(call.tensor(0), call.ints(1))); },
            {dtypes::same, shapes::squeezed, Trait::kReshapes});
  table.add("aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)",
            [](Call& call) { show_in_place(call, unsqueeze(call.tensor(0), call.integer(1))); },
            {dtypes::same, shapes::unsqueezed, Trait::kReshapes});
  table.add("aten::t_(Tensor(a!) self) -> Tensor(a!)",
            [](Call& call) { show_in_place(call, matrix_transpose(call.tensor(0))); },
            {dtypes::same, shapes::transposed, Trait::kReshapes});
  for (const std::string name : {"aten::transpose_", "aten::swapdims_", "aten::swapaxes_"}) {
    table.add(name + "(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)",
              [](Call& call) { show_in_place(call, transposed(call)); },
              {dtypes::same, shapes::transposed, Trait::kReshapes});
  }
  table.add("aten::detach_(Tensor(a!) self) -> Tensor(a!)", same, kTheSame);
}

void register_parts(OperatorTable& table) {
  table.add(
      "aten::slice.Tensor(Tensor(a) self, int dim=0, int? start=None, int? end=None, int step=1) "
      "-> Tensor(a)",
      [](Call& call) { call.give(sliced(call)); }, {dtypes::same, shapes::sliced, Trait::kMoves});
  table.add("aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)",
            [](Call& call) { call.give(select(call.tensor(0), call.integer(1), call.integer(2))); },
            {dtypes::same, shapes::selected, Trait::kMoves});
  table.add("aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)",
            [](Call& call) {
              call.give(narrow(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
            },
            {dtypes::same, shapes::narrowed, Trait::kMoves});
  table.add("aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, int length) -> Tensor(a)",
            [](Call& call) {
              call.give(narrow(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
            },
            {dtypes::same, shapes::narrowed, Trait::kMoves});
  table.add(
      "aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)",
      [](Call& call) {
        call.give(diagonal(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
      },
      {dtypes::same, shapes::diagonal, Trait::kMoves});
  table.add("aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)",
            [](Call& call) {
              call.give(unfold(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
            },
            {dtypes::same, shapes::windows, Trait::kMoves});
  table.add(
      "aten::as_strided(Tensor(a) self, int[] size, int[] stride, int? storage_offset=None) -> "
      "Tensor(a)",
      [](Call& call) {
        const Tensor self = call.tensor(0);
        call.give(as_strided(self, call.ints(1), call.ints(2),
                             call.maybe_integer(3).value_or(self.offset())));
      },
      {dtypes::same, shapes::strided, Trait::kReadsLayout});
}

void register_splits(OperatorTable& table) {
  const Kernel sizes_kernel = [](Call& call) {
    call.give(
        to_value(call.memory(), split_with_sizes(call.tensor(0), call.ints(1), call.integer(2))));
  };
  table.add(
      "aten::split.Tensor(Tensor(a) self, int split_size, int dim=0) -> Tensor(a)[]",
      [](Call& call) {
        call.give(to_value(call.memory(), split(call.tensor(0), call.integer(1), call.integer(2))));
      },
      kSplit);
  table.add("aten::split.sizes(Tensor(a) self, int[] split_size, int dim=0) -> Tensor(a)[]",
            sizes_kernel, kSplit);
  table.add("aten::split(Tensor(a) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
            sizes_kernel, kSplit);
  table.add("aten::split_with_sizes(Tensor(a) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
            sizes_kernel, kSplit);
  table.add(
      "aten::chunk(Tensor(a) self, int chunks, int dim=0) -> Tensor(a)[]",
      [](Call& call) {
        call.give(to_value(call.memory(), chunk(call.tensor(0), call.integer(1), call.integer(2))));
      },
      {dtypes::same, shapes::chunked, Trait::kMoves});
  table.add("aten::unbind.int(Tensor(a) self, int dim=0) -> Tensor(a)[]",
            [](Call& call) {
              call.give(to_value(call.memory(), unbind(call.tensor(0), call.integer(1))));
            },
            {dtypes::same, shapes::unbound, Trait::kMoves});
  table.add("aten::tensor_split.sections(Tensor(a) self, int sections, int dim=0) -> Tensor(a)[]",
            [](Call& call) {
              call.give(to_value(call.memory(),
                                 tensor_split(call.tensor(0), call.integer(1), call.integer(2))));
            },
            {dtypes::same, shapes::split_evenly, Trait::kMoves});
  table.add("aten::tensor_split.indices(Tensor(a) self, int[] indices, int dim=0) -> Tensor(a)[]",
            [](Call& call) {
              call.give(to_value(call.memory(),
                                 tensor_split_at(call.tensor(0), call.ints(1), call.integer(2))));
            },
            {dtypes::same, shapes::split_at_places, Trait::kMoves});
  table.add(
      "aten::tensor_split.tensor_indices_or_sections(Tensor(a) self, Tensor "
      "tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
      split_by_tensor, {dtypes::same, nullptr, Trait::kMoves});
  // PyTorch's signatures say that these do not alias; its results do.
  table.add(
      "aten::unsafe_chunk(Tensor(a) self, int chunks, int dim=0) -> Tensor(a)[]",
      [](Call& call) {
        call.give(to_value(call.memory(), chunk(call.tensor(0), call.integer(1), call.integer(2))));
      },
      {dtypes::same, shapes::chunked, Trait::kMoves});
  table.add(
      "aten::unsafe_split.Tensor(Tensor(a) self, int split_size, int dim=0) -> Tensor(a)[]",
      [](Call& call) {
        call.give(to_value(call.memory(), split(call.tensor(0), call.integer(1), call.integer(2))));
      },
      kSplit);
  table.add(
      "aten::unsafe_split_with_sizes(Tensor(a) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
      [](Call& call) {
        call.give(to_value(call.memory(),
                           split_with_sizes(call.tensor(0), call.ints(1), call.integer(2))));
      },
      kSplit);
}

void register_numpy_splits(OperatorTable& table) {
  table.add("aten::hsplit.int(Tensor(a) self, int sections) -> Tensor(a)[]",
            [](Call& call) { split_equally(call, 'h'); },
            {dtypes::same, shapes::split_kind_evenly<'h'>, Trait::kMoves});
  table.add("aten::hsplit.array(Tensor(a) self, int[] indices) -> Tensor(a)[]",
            [](Call& call) { split_at(call, 'h'); },
            {dtypes::same, shapes::split_kind_at_places<'h'>, Trait::kMoves});
  table.add("aten::vsplit.int(Tensor(a) self, int sections) -> Tensor(a)[]",
            [](Call& call) { split_equally(call, 'v'); },
            {dtypes::same, shapes::split_kind_evenly<'v'>, Trait::kMoves});
  table.add("aten::vsplit.array(Tensor(a) self, int[] indices) -> Tensor(a)[]",
            [](Call& call) { split_at(call, 'v'); },
            {dtypes::same, shapes::split_kind_at_places<'v'>, Trait::kMoves});
  table.add("aten::dsplit.int(Tensor(a) self, int sections) -> Tensor(a)[]",
            [](Call& call) { split_equally(call, 'd'); },
            {dtypes::same, shapes::split_kind_evenly<'d'>, Trait::kMoves});
  table.add("aten::dsplit.array(Tensor(a) self, int[] indices) -> Tensor(a)[]",
            [](Call& call) { split_at(call, 'd'); },
            {dtypes::same, shapes::split_kind_at_places<'d'>, Trait::kMoves});
}

template <std::int64_t rank>
void at_least_kernel(Call& call) {
  call.give(at_least(call.memory(), call.tensor(0), rank));
}

template <std::int64_t rank>
void at_least_each_kernel(Call& call) {
  std::vector<Tensor> tensors = call.tensors(0);
  for (Tensor& tensor : tensors) tensor = at_least(call.memory(), tensor, rank);
  call.give(to_value(call.memory(), tensors));
}

void register_identities(OperatorTable& table) {
  table.add(
      "aten::contiguous(Tensor(a) self, MemoryFormat memory_format=0) -> Tensor(a)",
      [](Call& call) { call.give(call.tensor(0).contiguous(call.memory())); }, kTheSame);
  for (const std::string name : {"alias", "detach"}) {
    table.add(
        "aten::" + name + "(Tensor(a) self) -> Tensor(a)",
        [](Call& call) {
          const Tensor self = call.tensor(0);
          call.give(self.with_view(self.sizes(), self.strides(), self.offset()));
        },
        kTheSame);
  }
  for (const std::string name :
       {"lift_fresh", "lift", "resolve_neg", "resolve_conj", "real", "positive"}) {
    table.add("aten::" + name + "(Tensor(a) self) -> Tensor(a)", same, kTheSame);
  }
  table.add("aten::atleast_1d(Tensor(a) self) -> Tensor(a)", at_least_kernel<1>,
            {dtypes::same, raised<1>, Trait::kMoves});
  table.add("aten::atleast_2d(Tensor(a) self) -> Tensor(a)", at_least_kernel<2>,
            {dtypes::same, raised<2>, Trait::kMoves});
  table.add("aten::atleast_3d(Tensor(a) self) -> Tensor(a)", at_least_kernel<3>,
            {dtypes::same, raised<3>, Trait::kMoves});
  table.add("aten::atleast_1d.Sequence(Tensor(a)[] tensors) -> Tensor(a)[]",
            at_least_each_kernel<1>, {dtypes::each, each_raised<1>, Trait::kMoves});
  table.add("aten::atleast_2d.Sequence(Tensor(a)[] tensors) -> Tensor(a)[]",
            at_least_each_kernel<2>, {dtypes::each, each_raised<2>, Trait::kMoves});
  table.add("aten::atleast_3d.Sequence(Tensor(a)[] tensors) -> Tensor(a)[]",
            at_least_each_kernel<3>, {dtypes::each, each_raised<3>, Trait::kMoves});
}

}  // namespace

void register_view(OperatorTable& table) {
  register_reshaping(table);
  register_dimensions(table);
  register_in_place(table);
  register_parts(table);
  register_splits(table);
  register_numpy_splits(table);
  register_identities(table);
  register_shape_queries(table);
}

}  // namespace henson::runtime
