#include "kernels/onednn_product.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <dnnl.hpp>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "kernels/aligned.h"

namespace henson::kernels {
namespace {

using dnnl::memory;

constexpr std::size_t kColumns = 384;  // of a block
// Rows of one call: a primitive is made for each number, and a new one would cost a millisecond.
constexpr std::array<std::size_t, 4> kRows = {96, 16, 4, 1};

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::dim dim(std::size_t size) { return static_cast<memory::dim>(size); }

memory::desc row_major(std::size_t rows, std::size_t columns, std::size_t stride) {
  return {{dim(rows), dim(columns)}, memory::data_type::f32, {dim(stride), 1}};
}

/// Operands lie side by side, copied from and to their places, so that a primitive serves every
/// stride.
dnnl::matmul::primitive_desc describe(std::size_t rows, std::size_t in, std::size_t columns,
                                      const memory::desc& weights) {
  const memory::desc bias({1, dim(columns)}, memory::data_type::f32, memory::format_tag::ab);
  const memory::desc x = row_major(rows, in, in);
  const memory::desc y = row_major(rows, columns, columns);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), x, weights, bias, y};
#else
  return {{x, weights, bias, y}, cpu()};
#endif
}

memory::desc packed_layout(std::size_t in, std::size_t columns) {
  const memory::desc any({dim(in), dim(columns)}, memory::data_type::f32, memory::format_tag::any);
  return describe(kRows.front(), in, columns, any).weights_desc();
}

/// What products of one shape have in common.
struct Shape {
  Shape(std::size_t in, std::size_t columns) : weights(packed_layout(in, columns)) {
    for (const std::size_t rows : kRows) {
      primitives.emplace_back(describe(rows, in, columns, weights));
    }
  }

  memory::desc weights;
  std::vector<dnnl::matmul> primitives;  // one for each of kRows
};

const Shape& shape_of(std::size_t in, std::size_t columns) {
  static std::mutex mutex;
  static std::map<std::pair<std::size_t, std::size_t>, Shape> shapes;
  const std::lock_guard<std::mutex> lock(mutex);
  return shapes.try_emplace({in, columns}, in, columns).first->second;
}

/// oneDNN's own threads are not wanted: the caller's are at work already.
void use_one_thread() {
  if (omp_get_max_threads() != 1) omp_set_num_threads(1);
}

/// The columns of a block, as a matrix [in, columns] in front of oneDNN's reorder.
std::vector<float> gather(std::span<const WeightView> matrices, std::size_t first,
                          std::size_t columns, std::size_t in) {
  std::vector<float> dense(in * columns);
  std::size_t column = 0;
  std::size_t above = 0;
  for (const WeightView& matrix : matrices) {
    for (; column < columns && first + column < above + matrix.out; ++column) {
      const float* const from =
          matrix.data + static_cast<std::ptrdiff_t>(first + column - above) * matrix.out_stride;
      for (std::size_t k = 0; k < in; ++k) {
        dense[k * columns + column] = from[static_cast<std::ptrdiff_t>(k) * matrix.in_stride];
      }
    }
    above += matrix.out;
  }
  return dense;
}

class OneDnnWeights : public PackedWeights {
 public:
  OneDnnWeights(std::size_t out, std::size_t in)
      : PackedWeights(out, in, kColumns), packed_(blocks()) {
    for (std::size_t b = 0; b < blocks(); ++b) shapes_.push_back(&shape_of(in, columns_of(b)));
  }

  WeightType type() const noexcept override { return WeightType::kFloat32; }
  std::size_t bytes() const noexcept override {
    std::size_t sum = 0;
    for (const Shape* shape : shapes_) sum += shape->weights.get_size();
    return sum;
  }
  std::size_t in_block() const noexcept override { return in(); }

  void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) override {
    use_one_thread();
    for (std::size_t b = first; b < last; ++b) {
      std::vector<float> dense = gather(matrices, b * kColumns, columns_of(b), in());
      memory plain(row_major(in(), columns_of(b), columns_of(b)), cpu(), dense.data());
      packed_[b] = memory(shapes_[b]->weights, cpu());
      dnnl::stream stream(cpu());
      dnnl::reorder(plain, packed_[b]).execute(stream, plain, packed_[b]);
      stream.wait();
    }
  }

  void multiply(const Product& p) const noexcept override {
    use_one_thread();
    dnnl::stream stream(cpu());
    for (std::size_t b = p.first_column / kColumns; b * kColumns < p.last_column; ++b) {
      for (std::size_t row = 0; row < p.rows;) {
        const auto size = std::find_if(kRows.begin(), kRows.end(),
                                       [&](std::size_t r) { return r <= p.rows - row; });
        run_block(p, b, row, static_cast<std::size_t>(size - kRows.begin()), stream);
        row += *size;
      }
    }
  }

 private:
  std::size_t columns_of(std::size_t block) const {
    return std::min(kColumns, out() - block * kColumns);
  }

  void run_block(const Product& p, std::size_t block, std::size_t row, std::size_t size,
                 dnnl::stream& stream) const {
    const std::size_t rows = kRows[size];
    const std::size_t columns = columns_of(block);
    static thread_local AlignedArray<float> x, y, bias;
    x.reserve(rows * in());
    y.reserve(rows * columns);
    bias.reserve(columns);
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(p.x + (row + r) * p.x_stride, in(), x.data() + r * in());
    }
    if (p.bias != nullptr) {
      std::copy_n(p.bias + block * kColumns, columns, bias.data());
    } else {
      std::fill_n(bias.data(), columns, 0.0F);
    }
    const memory from(row_major(rows, in(), in()), cpu(), x.data());
    const memory to(row_major(rows, columns, columns), cpu(), y.data());
    const memory added({{1, dim(columns)}, memory::data_type::f32, memory::format_tag::ab}, cpu(),
                       bias.data());
    shapes_[block]->primitives[size].execute(stream, {{DNNL_ARG_SRC, from},
                                                      {DNNL_ARG_WEIGHTS, packed_[block]},
                                                      {DNNL_ARG_BIAS, added},
                                                      {DNNL_ARG_DST, to}});
    stream.wait();
    float* const result = p.y + row * p.y_stride + block * kColumns - p.first_column;
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(y.data() + r * columns, columns, result + r * p.y_stride);
    }
  }

  std::vector<const Shape*> shapes_;  // for each block
  std::vector<memory> packed_;
};

}  // namespace

std::unique_ptr<PackedWeights> make_onednn_weights(std::size_t out, std::size_t in) {
  return std::make_unique<OneDnnWeights>(out, in);
}

}  // namespace henson::kernels
