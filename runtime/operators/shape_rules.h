// Rules of sizes that operators share; what one group alone needs stands in its own file. Named for
// what they say, used beside the registrations.
#pragma once

#include "runtime/operators/inference.h"

namespace henson::runtime::shapes {

// shape_rules.cc: element by element, reductions, numbers.

/// The first argument's sizes; other elements.
void same(Inference& call);
/// The first argument's sizes and elements: casts, copies, dropout.
void same_elements(Inference& call);
/// The first argument itself, whatever it is.
void itself(Inference& call);
/// All tensors broadcast together.
void elementwise(Inference& call);
/// Likewise, and of sizes as numbers what the operator computes.
void sum(Inference& call);
void difference(Inference& call);
void reverse_difference(Inference& call);
void product(Inference& call);
void quotient(Inference& call);          // not rounded
void floor_quotient(Inference& call);    // rounded down
void trunc_quotient(Inference& call);    // rounded toward zero
void rounded_quotient(Inference& call);  // as the argument rounding_mode says
void remainder(Inference& call);
void smaller(Inference& call);
void larger(Inference& call);
void negative(Inference& call);
/// Over `dim` (one, several, None or absent: all) with `keepdim`.
void reduced(Inference& call);
/// Likewise, of a sum, which counts the elements that went in.
void summed(Inference& call);
/// Results of no dimensions.
void scalar(Inference& call);
/// The k largest along a dimension.
void best(Inference& call);

// Sizes as numbers, and tensors made of them.

void size_of(Inference& call);       // size(self), size(self, dim)
void shape_tensor(Inference& call);  // the sizes as a tensor
void element_count(Inference& call);
void rank_of(Inference& call);
void length(Inference& call);       // len(self) of a tensor or a list
void same_number(Inference& call);  // int to tensor and back
void list_item(Inference& call);
void created(Inference& call);   // the argument `size`
void identity(Inference& call);  // eye
void counted(Inference& call);   // arange

// view_shapes.cc: other views of the same elements, and parts.
void view(Inference& call);
void as_other(Inference& call);  // the second argument's sizes
void permuted(Inference& call);
void transposed(Inference& call);  // two dimensions, the last two where none are named
void reversed(Inference& call);    // all dimensions: numpy_T
void moved(Inference& call);       // movedim
void squeezed(Inference& call);
void unsqueezed(Inference& call);
void flattened(Inference& call);
void unflattened(Inference& call);
void expanded(Inference& call);
void expanded_as(Inference& call);
void sliced(Inference& call);
void selected(Inference& call);
void narrowed(Inference& call);
void split(Inference& call);    // into pieces of a size, or of listed sizes
void chunked(Inference& call);  // into a number of pieces
void unbound(Inference& call);
void windows(Inference& call);  // unfold
void strided(Inference& call);  // as_strided
void diagonal(Inference& call);
/// The sizes with ones where numpy's atleast_1d to atleast_3d put them.
Dimensions at_least(Dimensions sizes, std::size_t rank);
/// A result that is a list of parts of one dimension.
void give_parts(Inference& call, const Dimensions& whole, std::size_t dim,
                const Dimensions& pieces);
inline constexpr std::int64_t kMostParts = 4096;  // more are not followed

// split_shapes.cc: numpy's ways to take a dimension apart.
void split_evenly(Inference& call);     // tensor_split into a number of pieces
void split_at_places(Inference& call);  // tensor_split at listed places
/// hsplit, vsplit and dsplit, which split a dimension that the rank tells.
template <char kKind>
void split_kind_evenly(Inference& call);
template <char kKind>
void split_kind_at_places(Inference& call);

// joining_shapes.cc: joined, repeated, picked by index.
void joined(Inference& call);  // cat
void give_joined(Inference& call, std::span<const Fact> parts, std::int64_t dim);
void stacked(Inference& call);
void repeated(Inference& call);
void tiled(Inference& call);
void repeated_each(Inference& call);  // repeat_interleave
void padded(Inference& call);
void gathered(Inference& call);
void index_selected(Inference& call);
void indexed(Inference& call);
void looked_up(Inference& call);  // embedding
/// A vector a dimension: where a tensor is not zero.
void columns_of_places(Inference& call);
void written_rows(Inference& call);  // index_fill and the like: the first argument's sizes

// product_shapes.cc
void linear(Inference& call);
void packed_linear(Inference& call);
void matmul(Inference& call);
void added_product(Inference& call);  // addmm, baddbmm
void outer(Inference& call);
void attention(Inference& call);
/// Of a product of two, where a vector on the left is a row, on the right a column.
Dimensions product_sizes(Inference& call, Dimensions a, Dimensions b);
Dimensions linear_sizes(Inference& call, Dimensions x, const Dimensions& weight);
/// The result has these sizes; the first argument is broadcast to them and added.
void give_added(Inference& call, const Dimensions& sizes);
/// Of attention over query, key and value, the first arguments.
struct AttentionSizes {
  Dimensions output;
  Dimensions scores;  // [..., queries, keys]
};
std::optional<AttentionSizes> attention_sizes(Inference& call);

// window_shapes.cc
void pooled(Inference& call);
void pooled_to(Inference& call);  // adaptive pooling
void convolved(Inference& call);

}  // namespace henson::runtime::shapes
