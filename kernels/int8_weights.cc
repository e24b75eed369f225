#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/aligned.h"
#include "kernels/dot_product.h"
#include "kernels/dot_weights.h"
#include "kernels/int8_rows.h"
#include "kernels/weight_columns.h"

namespace henson::kernels {
namespace {

constexpr float kMostWeight = 127;

/// What four weights may add up to whose products AVX2 adds up in 16 bits: 127 · 258 < 2^15.
constexpr int kMostOfFour = 258;

/// What a column's scale depends on.
struct ColumnExtent {
  float most = 0;          // the largest magnitude
  float most_of_four = 0;  // the largest sum of magnitudes of four that meet in one lane of 16 bits
  bool finite = true;
};

/// `depth` is a multiple of kInt8Depth. Eight at a time, which compilers make vectors of.
template <class T>
ColumnExtent extent_of(const T* column, std::size_t depth) noexcept {
  float most[kInt8Depth] = {};
  float most_of_four[2] = {};
  float excess[kInt8Depth] = {};  // 0, or NaN
  for (std::size_t k = 0; k < depth; k += kInt8Depth) {
    float sizes[kInt8Depth];
    for (std::size_t i = 0; i < kInt8Depth; ++i) {
      sizes[i] = std::abs(static_cast<float>(column[k + i]));
      most[i] = sizes[i] > most[i] ? sizes[i] : most[i];
      excess[i] += sizes[i] * 0.0F;
    }
    // Those of the same half of two groups of four.
    const float low = sizes[0] + sizes[1] + sizes[4] + sizes[5];
    const float high = sizes[2] + sizes[3] + sizes[6] + sizes[7];
    most_of_four[0] = low > most_of_four[0] ? low : most_of_four[0];
    most_of_four[1] = high > most_of_four[1] ? high : most_of_four[1];
  }
  ColumnExtent extent;
  extent.most = *std::max_element(std::begin(most), std::end(most));
  extent.most_of_four = std::max(most_of_four[0], most_of_four[1]);
  for (const float each : excess) extent.finite = extent.finite && each == 0;
  return extent;
}

/// The nearest whole number: adding 1.5 · 2^23 rounds. |value| < 2^22.
int nearest(float value) noexcept {
  constexpr float kShifter = 12582912.0F;
  std::int32_t bits;
  const float shifted = value + kShifter;
  std::memcpy(&bits, &shifted, sizeof(bits));
  return bits - 0x4b400000;
}

/// A column in 8 bits.
struct QuantizedColumn {
  explicit QuantizedColumn(std::size_t depth) : values(depth), numbers(depth) {}

  /// `values` -> `numbers` and `scale`.
  void quantize(bool in_16_bits) noexcept {
    const ColumnExtent extent = extent_of(values.data(), values.size());
    finite = extent.finite;
    scale = finite ? extent.most / kMostWeight : 0;
    const bool by_four = in_16_bits && finite && extent.most_of_four > scale * kMostOfFour;
    if (by_four) scale = extent.most_of_four / kMostOfFour;
    round();
    // Rounded up, four may still be too many by one or two.
    const auto too_many = [&] {
      return extent_of(numbers.data(), numbers.size()).most_of_four > kMostOfFour;
    };
    const bool near = in_16_bits && extent.most_of_four > scale * (kMostOfFour - 2);
    while (near && finite && too_many()) {
      scale *= 1.002F;
      round();
    }
  }

  /// A row of a matrix that has 8 bits.
  void take(const Int8View& matrix, std::size_t row) noexcept {
    scale = static_cast<float>(matrix.scales[matrix.scale_by_row ? row : 0]);
    finite = std::isfinite(scale);
    for (std::size_t k = 0; k < matrix.in; ++k) {
      numbers[k] = matrix.data[static_cast<std::ptrdiff_t>(row) * matrix.out_stride +
                               static_cast<std::ptrdiff_t>(k) * matrix.in_stride];
      values[k] = scale * numbers[k];
    }
  }

  void clear() noexcept {
    std::fill(values.begin(), values.end(), 0.0F);
    std::fill(numbers.begin(), numbers.end(), std::int8_t{0});
    scale = 0;
    finite = true;
  }

  void round() noexcept {
    if (!(scale >= std::numeric_limits<float>::min())) scale = 0;
    const float factor = scale == 0 ? 0 : 1 / scale;
    if (!finite) std::fill(values.begin(), values.end(), 0.0F);
    const float* const from = values.data();
    std::int8_t* const to = numbers.data();
    const std::size_t depth = values.size();
    for (std::size_t k = 0; k < depth; ++k) {
      to[k] = static_cast<std::int8_t>(nearest(from[k] * factor));
    }
  }

  std::vector<float> values;
  std::vector<std::int8_t> numbers;
  float scale = 0;
  bool finite = true;
};

class Int8Weights : public PackedWeights {
 public:
  Int8Weights(std::size_t out, std::size_t in)
      : PackedWeights(out, in, int8_kernel().columns),
        piece_(piece_of(in)),
        pieces_((in + piece_ - 1) / piece_),
        depth_((pieces_ - 1) * piece_ + round_up_depth(in - (pieces_ - 1) * piece_)),
        data_(blocks() * panel_bytes()),
        scales_(blocks() * column_block()),
        sums_(pieces_ * scales_.size()),
        errors_(scales_.size()),
        norms_(scales_.size()) {}

  WeightType type() const noexcept override { return WeightType::kInt8; }
  std::size_t bytes() const noexcept override {
    return data_.size() + (scales_.size() + sums_.size()) * sizeof(float);
  }
  std::size_t in_block() const noexcept override { return piece_; }

  void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) override {
    QuantizedColumn column(depth_);
    for (std::size_t c = first * column_block(); c < last * column_block(); ++c) {
      const Column from = find_column(matrices, c);
      for (std::size_t k = 0; k < in(); ++k) {
        column.values[k] = from.data == nullptr ? 0.0F : from.at(k);
      }
      column.quantize(int8_kernel().most == 127);
      put(column, c);
    }
  }

  void fill_stored(std::span<const Int8View> matrices) noexcept {
    QuantizedColumn column(depth_);
    std::size_t c = 0;
    for (const Int8View& matrix : matrices) {
      for (std::size_t row = 0; row < matrix.out; ++row, ++c) {
        column.take(matrix, row);
        if (int8_kernel().most == 127) {
          const ColumnExtent extent = extent_of(column.numbers.data(), column.numbers.size());
          sums_in_16_bits_ = sums_in_16_bits_ && extent.most_of_four <= kMostOfFour;
        }
        put(column, c);
      }
    }
    column.clear();
    for (; c < scales_.size(); ++c) put(column, c);
  }

  double rounding_error() const noexcept override {
    double error = 0, norm = 0;
    for (const double each : errors_) error += each;
    for (const double each : norms_) norm += each;
    return norm == 0 ? 0 : std::sqrt(error / norm);
  }

  std::size_t packed_bytes(const Input& input) const noexcept override {
    return input.rows * row_bytes(input);
  }

  void pack_input(const Input& input, std::byte* to) const noexcept override {
    const DotKernel& kernel = int8_kernel();
    const std::size_t stride = row_bytes(input);
    const std::size_t bytes = pieces_of(input) * sizeof(PieceScale);
    for (std::size_t r = 0; r < input.rows; ++r, to += stride) {
      for (std::size_t k = input.first_in, p = 0; k < input.last_in; k += piece_, ++p) {
        const float* const x = input.x + r * input.x_stride + (k - input.first_in);
        const std::size_t depth = std::min(piece_, input.last_in - k);
        auto* const numbers = reinterpret_cast<std::uint8_t*>(to + bytes + (k - input.first_in));
        PieceScale scale{};
        if (input.scales != nullptr) {
          scale.scale = input.scales[r].scale;
          scale.zero = input.scales[r].zero;
          quantize_given(x, depth, kernel.most, numbers, scale);
        } else {
          quantize_piece(x, depth, kernel.most, kernel.apart, numbers, scale);
        }
        std::memcpy(to + p * sizeof(PieceScale), &scale, sizeof(scale));
      }
    }
  }

  void multiply(const Product& p) const noexcept override {
    assert(column_block() == int8_kernel().columns);
    const Input input{p.x, p.x_stride, p.rows, p.first_in, p.last_in};
    DotCall call;
    call.x_stride = row_bytes(input);
    call.rows = p.rows;
    call.panel_bytes = panel_bytes();
    call.y_stride = p.y_stride;
    call.sums_in_16_bits = sums_in_16_bits_;
    const std::byte* const bytes = p.packed + pieces_of(input) * sizeof(PieceScale);
    // A panel at a time where there are several pieces, so that the results stay in the cache.
    const std::size_t step =
        pieces_of(input) == 1 ? p.last_column - p.first_column : column_block();
    for (std::size_t column = p.first_column; column < p.last_column; column += step) {
      call.columns = std::min(step, p.last_column - column);
      call.y = p.y + (column - p.first_column);
      call.bias = p.bias == nullptr ? nullptr : p.bias + column;
      call.scales = scales_.data() + column;
      for (std::size_t k = p.first_in, i = 0; k < p.last_in; k += piece_, ++i) {
        call.x = bytes + (k - p.first_in);
        call.piece = p.packed + i * sizeof(PieceScale);
        call.depth_bytes = round_up_depth(std::min(piece_, p.last_in - k));
        call.weights = data_.data() + column / column_block() * panel_bytes() + k * column_block();
        call.sums = sums_.data() + k / piece_ * scales_.size() + column;
        call.add_to_result = p.add_to_result || i > 0;
        int8_kernel().multiply(call);
      }
    }
  }

 private:
  /// Pieces are of one length, the last excepted, and begin where a panel of the product ends that
  /// makes the rows.
  static std::size_t piece_of(std::size_t in) noexcept {
    const std::size_t pieces = (in + kPieceDepth - 1) / kPieceDepth;
    if (pieces <= 1) return in;
    constexpr std::size_t kAlign = 2 * kMostColumns;
    return (in / pieces + (in % pieces != 0 ? 1 : 0) + kAlign - 1) / kAlign * kAlign;
  }
  std::size_t panel_bytes() const noexcept { return depth_ * column_block(); }
  std::size_t pieces_of(const Input& input) const noexcept {
    return (input.last_in - input.first_in + piece_ - 1) / piece_;
  }
  /// Of one packed row: its pieces' scales, then their bytes.
  std::size_t row_bytes(const Input& input) const noexcept {
    const std::size_t bytes =
        pieces_of(input) * sizeof(PieceScale) + round_up_depth(input.last_in - input.first_in);
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  void put(const QuantizedColumn& column, std::size_t c) noexcept {
    const std::size_t width = column_block();
    std::byte* const panel = data_.data() + c / width * panel_bytes() + c % width * kDotBytes;
    for (std::size_t k = 0; k < depth_; k += kDotBytes) {
      std::memcpy(panel + k * width, column.numbers.data() + k, kDotBytes);
    }
    for (std::size_t p = 0; p < pieces_; ++p) {
      const auto first = column.numbers.begin() + static_cast<std::ptrdiff_t>(p * piece_);
      const auto last =
          column.numbers.begin() + static_cast<std::ptrdiff_t>(std::min(depth_, (p + 1) * piece_));
      sums_[p * scales_.size() + c] = static_cast<float>(std::accumulate(first, last, 0));
    }
    double error = 0, norm = 0;
    for (std::size_t k = 0; k < depth_; k += kInt8Depth) {
      float errors[kInt8Depth], squares[kInt8Depth];
      for (std::size_t i = 0; i < kInt8Depth; ++i) {
        const float value = column.values[k + i];
        const float off = value - column.scale * column.numbers[k + i];
        errors[i] = off * off;
        squares[i] = value * value;
      }
      error += double{sum_of(errors)};
      norm += double{sum_of(squares)};
    }
    scales_[c] = column.scale;
    errors_[c] = column.finite ? error : std::numeric_limits<double>::quiet_NaN();
    norms_[c] = norm;
  }

  static float sum_of(const float (&x)[kInt8Depth]) noexcept {
    return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
  }

  bool sums_in_16_bits_ = true;
  std::size_t piece_;  // of `in`; the last may be shorter
  std::size_t pieces_;
  std::size_t depth_;  // all of `in`, padded
  AlignedArray<std::byte> data_;
  std::vector<float> scales_;           // for each column, in whole panels
  std::vector<float> sums_;             // likewise, for each piece
  std::vector<double> errors_, norms_;  // likewise, of each column
};

}  // namespace

std::unique_ptr<PackedWeights> make_int8_weights(std::size_t out, std::size_t in) {
  return std::make_unique<Int8Weights>(out, in);
}

int most_of_int8_rows() noexcept { return int8_kernel().most; }

std::unique_ptr<PackedWeights> pack_int8_weights(std::span<const Int8View> matrices) {
  std::size_t out = 0;
  for (const Int8View& matrix : matrices) out += matrix.out;
  auto packed = std::make_unique<Int8Weights>(out, matrices.front().in);
  packed->fill_stored(matrices);
  return packed;
}

}  // namespace henson::kernels
