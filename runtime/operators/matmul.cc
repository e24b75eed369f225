#include "runtime/operators/matmul.h"

#include <Eigen/Core>
#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

using Index = Eigen::Index;

/// A matrix in memory; one of the strides is 1, or the matrix has a single row or column.
template <typename T>
struct Matrix {
  const T* data;
  Index rows;
  Index cols;
  Index row_stride;
  Index col_stride;
};

template <typename T, int kOrder>
using ConstMap = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, kOrder>,
                            Eigen::Unaligned, Eigen::OuterStride<>>;

template <typename T>
using RowMajorMap =
    Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, Eigen::Unaligned>;

/// Calls f with the matrix as Eigen sees it, nothing copied.
template <typename T, typename F>
void with_eigen(const Matrix<T>& m, F&& f) {
  if (m.col_stride == 1 || m.cols == 1) {
    f(ConstMap<T, Eigen::RowMajor>(m.data, m.rows, m.cols, Eigen::OuterStride<>(m.row_stride)));
  } else {
    f(ConstMap<T, Eigen::ColMajor>(m.data, m.rows, m.cols, Eigen::OuterStride<>(m.col_stride)));
  }
}

/// A large product is made in blocks of some ten milliseconds, between which the run may be
/// stopped.
template <typename T>
void multiply(const Matrix<T>& a, const Matrix<T>& b, T* out) {
  constexpr double kMultiplyAdds = 64e6;
  static constexpr Index kLeast = 64;  // rows and columns of a block, for Eigen's own to stay full
  const auto at_once = [](Index others, Index depth) {
    const double cost = static_cast<double>(others) * static_cast<double>(depth);
    return std::max(kLeast, static_cast<Index>(kMultiplyAdds / std::max(cost, 1.0)));
  };
  const Index columns = std::min(b.cols, at_once(a.rows, a.cols));
  const Index rows = std::min(a.rows, at_once(columns, a.cols));
  RowMajorMap<T> target(out, a.rows, b.cols);
  with_eigen(a, [&](const auto& left) {
    with_eigen(b, [&](const auto& right) {
      if (columns == b.cols && rows == a.rows) {
        target.noalias() = left * right;
        return;
      }
      for (Index c = 0; c < b.cols; c += columns) {
        const Index width = std::min(columns, b.cols - c);
        for (Index r = 0; r < a.rows; r += rows) {
          stop_point();
          const Index height = std::min(rows, a.rows - r);
          target.block(r, c, height, width).noalias() =
              left.middleRows(r, height) * right.middleCols(c, width);
        }
      }
    });
  });
}

/// Integers wrap: unsigned arithmetic, whose overflow is defined.
void multiply(const Matrix<std::int64_t>& a, const Matrix<std::int64_t>& b, std::int64_t* out) {
  StopPace pace;
  for (Index i = 0; i < a.rows; ++i) {
    for (Index j = 0; j < b.cols; ++j) {
      pace.did(a.cols);
      std::uint64_t sum = 0;
      for (Index k = 0; k < a.cols; ++k) {
        sum += static_cast<std::uint64_t>(a.data[i * a.row_stride + k * a.col_stride]) *
               static_cast<std::uint64_t>(b.data[k * b.row_stride + j * b.col_stride]);
      }
      *out++ = static_cast<std::int64_t>(sum);
    }
  }
}

template <typename T>
Matrix<T> last_matrix(const Tensor& tensor, std::int64_t offset) {
  const std::size_t rank = tensor.sizes().size();
  return {tensor.data<T>() + offset, tensor.sizes()[rank - 2], tensor.sizes()[rank - 1],
          tensor.strides()[rank - 2], tensor.strides()[rank - 1]};
}

/// The tensor itself when its matrices can be read in place, else a contiguous copy.
Tensor readable(Allocator& memory, const Tensor& tensor) {
  const std::size_t rank = tensor.sizes().size();
  for (std::size_t d = rank - 2; d < rank; ++d) {
    if (tensor.sizes()[d] == 1 || tensor.strides()[d] == 1) return tensor;
  }
  return tensor.clone(memory);
}

std::span<const std::int64_t> batch_part(const Dims& dims) {
  return std::span<const std::int64_t>(dims).first(dims.size() - 2);
}

template <typename T>
void multiply_batches(const Tensor& a, const Tensor& b, Tensor& out) {
  const std::int64_t step = out.size(-1) * out.size(-2);
  const std::int64_t batches = numel_of(batch_part(out.sizes()));
  T* target = out.mutable_data<T>();
  StridedWalk<2> walk(batch_part(out.sizes()), {batch_part(a.strides()), batch_part(b.strides())});
  StopPace pace;
  for (std::int64_t i = 0; i < batches; ++i, walk.next(), target += step) {
    pace.did(step);
    multiply(last_matrix<T>(a, walk.offsets()[0]), last_matrix<T>(b, walk.offsets()[1]), target);
  }
}

Tensor expand_batch(Allocator& memory, const Tensor& tensor, Dims batch) {
  batch.push_back(tensor.size(-2));
  batch.push_back(tensor.size(-1));
  return readable(memory, expand_to(tensor, batch));
}

template <typename T>
T scalar_as(const Scalar& scalar) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(to_int(scalar));
  return static_cast<T>(to_double(scalar));
}

/// Arithmetic that wraps for integers: std::uint64_t for std::int64_t.
template <typename T>
using Wrapping = std::conditional_t<std::is_same_v<T, std::int64_t>, std::uint64_t, T>;

template <typename T>
void scale_and_add_rows(T* total, const Tensor& addend, T beta, T alpha) {
  using W = Wrapping<T>;
  const Dims& sizes = addend.sizes();
  const std::int64_t row = sizes.empty() ? 1 : sizes.back();
  const std::int64_t stride = sizes.empty() ? 1 : addend.strides().back();
  const std::size_t outer = sizes.empty() ? 0 : sizes.size() - 1;
  const std::int64_t rows = addend.numel() / std::max<std::int64_t>(row, 1);
  const std::span<const std::int64_t> strides = addend.strides();
  StridedWalk<1> walk(std::span<const std::int64_t>(sizes).first(outer), {strides.first(outer)});
  for (std::int64_t r = 0; r < rows; ++r, walk.next(), total += row) {
    const T* const source = addend.data<T>() + walk.offsets()[0];
    for (std::int64_t i = 0; i < row; ++i) {
      total[i] = static_cast<T>(static_cast<W>(alpha) * static_cast<W>(total[i]) +
                                static_cast<W>(beta) * static_cast<W>(source[i * stride]));
    }
  }
}

template <typename T>
void scale(T* total, std::int64_t count, T alpha) {
  using W = Wrapping<T>;
  for (std::int64_t i = 0; i < count; ++i) {
    total[i] = static_cast<T>(static_cast<W>(alpha) * static_cast<W>(total[i]));
  }
}

[[noreturn]] void throw_shapes(const Tensor& a, const Tensor& b) {
  throw Error(ErrorCode::kBadInput, "mat1 and mat2 shapes cannot be multiplied (" +
                                        to_string(a.sizes()) + " and " + to_string(b.sizes()) +
                                        ")");
}

}  // namespace

DType product_dtype(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kFloat32:
      return DType::kFloat32;
    case DType::kFloat64:
      return DType::kFloat64;
    default:
      if (is_integral(dtype)) return DType::kInt64;
      throw_unsupported_dtype(dtype);
  }
}

void check_same_dtype(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return;
  throw Error(ErrorCode::kBadInput,
              "expected operands of one dtype, but got: " + std::string(name_of(a.dtype())) +
                  " != " + std::string(name_of(b.dtype())));
}

Tensor product(Allocator& memory, const Tensor& a, const Tensor& b) {
  if (a.size(-1) != b.size(-2)) throw_shapes(a, b);
  // One matrix for every batch: the batch's rows are one tall matrix.
  if (a.dim() > 2 && b.dim() == 2) {
    Dims sizes = a.sizes();
    const Tensor rows =
        reshape(memory, a, Dims{a.numel() / std::max<std::int64_t>(a.size(-1), 1), a.size(-1)});
    if (a.size(-1) > 0) {
      sizes.back() = b.size(-1);
      return reshape(memory, product(memory, rows, b), std::move(sizes));
    }
  }
  Dims batch = broadcast_sizes(batch_part(a.sizes()), batch_part(b.sizes()));
  const Tensor left = expand_batch(memory, a, batch);
  const Tensor right = expand_batch(memory, b, batch);
  batch.push_back(a.size(-2));
  batch.push_back(b.size(-1));
  Tensor out = Tensor::empty(memory, a.dtype(), std::move(batch));
  if (out.numel() == 0) return out;
  visit_product_dtype(a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (a.size(-1) == 0) {
      std::fill_n(out.mutable_data<T>(), out.numel(), T(0));
    } else {
      multiply_batches<T>(left, right, out);
    }
  });
  return out;
}

void scale_and_add(Tensor& total, const Tensor& addend, const Scalar& beta, const Scalar& alpha) {
  const Tensor expanded = expand_to(addend, total.sizes());
  visit_product_dtype(total.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T own = scalar_as<T>(alpha);
    const T added = scalar_as<T>(beta);
    if (added == T(0)) {
      scale<T>(total.mutable_data<T>(), total.numel(), own);
    } else {
      scale_and_add_rows<T>(total.mutable_data<T>(), expanded, added, own);
    }
  });
}

Tensor matmul(Allocator& memory, const Tensor& a, const Tensor& b) {
  check_same_dtype(a, b);
  if (a.dim() == 0 || b.dim() == 0) {
    throw Error(ErrorCode::kBadInput,
                "both arguments of matmul need to be at least 1D, but they are " +
                    std::to_string(a.dim()) + "D and " + std::to_string(b.dim()) + "D");
  }
  const DType dtype = product_dtype(a.dtype());
  const bool vector_left = a.dim() == 1;
  const bool vector_right = b.dim() == 1;
  if (a.size(-1) != b.size(vector_right ? 0 : -2)) throw_shapes(a, b);
  const Tensor left = (vector_left ? unsqueeze(a, 0) : a).to(memory, dtype);
  const Tensor right = (vector_right ? unsqueeze(b, 1) : b).to(memory, dtype);
  const Tensor out = product(memory, left, right);
  Dims sizes = out.sizes();
  if (vector_right) sizes.pop_back();
  if (vector_left) sizes.erase(sizes.end() - (vector_right ? 1 : 2));
  return reshape(memory, out, std::move(sizes)).to(memory, a.dtype());
}

Tensor linear(Allocator& memory, const Tensor& x, const Tensor& weight,
              const std::optional<Tensor>& bias) {
  check_same_dtype(x, weight);
  if (bias) check_same_dtype(x, *bias);
  if (x.dim() == 0 || weight.dim() == 0 || weight.dim() > 2) {
    throw Error(ErrorCode::kBadInput,
                "linear: input must be at least 1D and weight 1D or 2D, and "
                "they have shapes " +
                    to_string(x.sizes()) + " and " + to_string(weight.sizes()));
  }
  const Tensor transposed = weight.dim() == 2 ? permute(weight, Dims{1, 0}) : weight;
  if (x.size(-1) != transposed.size(0)) throw_shapes(x, transposed);
  // PyTorch adds the bias before rounding where rows and bias lie as one matrix product takes them.
  const DType dtype = product_dtype(x.dtype());
  const bool contiguous = x.is_contiguous() && (!bias || bias->is_contiguous());
  const bool fused = weight.dim() == 2 && (x.dim() == 2 || contiguous);
  Tensor total;
  if (fused) {
    const Tensor rows = x.dim() == 1 ? unsqueeze(x, 0) : x;
    total = product(memory, rows.to(memory, dtype), transposed.to(memory, dtype));
    if (x.dim() == 1) total = reshape(memory, total, Dims{total.size(1)});
  } else {
    total = matmul(memory, x, transposed).to(memory, dtype);
  }
  if (bias) scale_and_add(total, bias->to(memory, dtype), std::int64_t{1}, std::int64_t{1});
  return total.to(memory, x.dtype());
}

}  // namespace henson::runtime
