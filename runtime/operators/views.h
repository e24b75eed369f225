// Other sizes and strides over the same elements: what the view operators are made of. Every
// function returns a view that shares its argument's buffer (reshape and contiguous copy where they
// must) and throws henson::Error (kBadInput) for a dimension or an index out of range.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// `sizes` with its one -1, if any, replaced by what `numel` elements leave for it.
Dims infer_sizes(std::span<const std::int64_t> sizes, std::int64_t numel);
/// The strides that show a tensor's elements with other sizes without a copy, or nothing. `sizes`
/// has as many elements and no -1.
std::optional<Dims> view_strides(const Tensor& tensor, std::span<const std::int64_t> sizes);

Tensor view(const Tensor& tensor, std::span<const std::int64_t> sizes);
Tensor view_as_dtype(const Tensor& tensor, DType dtype);
Tensor reshape(Allocator& memory, const Tensor& tensor, std::span<const std::int64_t> sizes);
Tensor flatten(Allocator& memory, const Tensor& tensor, std::int64_t start, std::int64_t end);
Tensor unflatten(const Tensor& tensor, std::int64_t dim, const Dims& sizes);
/// PyTorch's expand: -1 keeps a size.
Tensor expand(const Tensor& tensor, const Dims& sizes);
Tensor permute(const Tensor& tensor, const Dims& dims);
Tensor transpose(const Tensor& tensor, std::int64_t a, std::int64_t b);
Tensor move_dims(const Tensor& tensor, const Dims& from, const Dims& to);
/// All dimensions in reverse order.
Tensor reverse_dims(const Tensor& tensor);
/// The transpose of a matrix; vectors and numbers stay as they are. Throws for more dimensions.
Tensor matrix_transpose(const Tensor& tensor);

Tensor squeeze(const Tensor& tensor);
Tensor squeeze(const Tensor& tensor, const Dims& dims);
Tensor unsqueeze(const Tensor& tensor, std::int64_t dim);
/// With dimensions of size 1 until there are `rank`: numpy's atleast_1d to atleast_3d.
Tensor at_least(Allocator& memory, const Tensor& tensor, std::int64_t rank);

Tensor select(const Tensor& tensor, std::int64_t dim, std::int64_t index);
/// Bounds clamp as Python's slices do; a step below 1 throws.
Tensor slice(const Tensor& tensor, std::int64_t dim, std::optional<std::int64_t> start,
             std::optional<std::int64_t> end, std::int64_t step);
Tensor narrow(const Tensor& tensor, std::int64_t dim, std::int64_t start, std::int64_t length);
Tensor diagonal(const Tensor& tensor, std::int64_t offset, std::int64_t dim1, std::int64_t dim2);
/// Windows of `size` elements, `step` apart, in a new last dimension.
Tensor unfold(const Tensor& tensor, std::int64_t dim, std::int64_t size, std::int64_t step);
/// Throws when an element would lie outside the buffer.
Tensor as_strided(const Tensor& tensor, const Dims& sizes, const Dims& strides,
                  std::int64_t offset);
/// Elements in reverse order along `dims`; a view with negative strides: copy it before it leaves
/// an operator.
Tensor reversed(const Tensor& tensor, const Dims& dims);

std::vector<Tensor> split_with_sizes(const Tensor& tensor, const Dims& sizes, std::int64_t dim);
std::vector<Tensor> split(const Tensor& tensor, std::int64_t size, std::int64_t dim);
std::vector<Tensor> chunk(const Tensor& tensor, std::int64_t chunks, std::int64_t dim);
std::vector<Tensor> tensor_split(const Tensor& tensor, std::int64_t sections, std::int64_t dim);
std::vector<Tensor> tensor_split_at(const Tensor& tensor, const Dims& indices, std::int64_t dim);
std::vector<Tensor> unbind(const Tensor& tensor, std::int64_t dim);

/// Throws when elements of a tensor that is to be written share memory, as expanded ones do.
void check_writable(const Tensor& tensor);

}  // namespace henson::runtime
