#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
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
/// Which weights of eight: those of the same half of two groups of four.
constexpr std::size_t kFours[2][4] = {{0, 1, 4, 5}, {2, 3, 6, 7}};

/// The largest sum of magnitudes of four weights that meet in one lane of 16 bits. `depth` is a
/// multiple of kInt8Depth.
template <class T>
float most_of_four(const T* column, std::size_t depth) noexcept {
  float most = 0;
  for (std::size_t k = 0; k < depth; k += kInt8Depth) {
    for (const auto& four : kFours) {
      float sum = 0;
      for (const std::size_t i : four) sum += std::abs(static_cast<float>(column[k + i]));
      most = std::max(most, sum);
    }
  }
  return most;
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
    float most = 0;
    finite = true;
    for (const float value : values) {
      most = std::max(most, std::abs(value));
      finite = finite && std::isfinite(value);
    }
    scale = finite ? most / kMostWeight : 0;
    if (in_16_bits && finite)
      scale = std::max(scale, most_of_four(values.data(), values.size()) / kMostOfFour);
    round();
    // Rounded up, four may still be too many by one or two.
    while (in_16_bits && finite && most_of_four(numbers.data(), numbers.size()) > kMostOfFour) {
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
    for (std::size_t k = 0; k < values.size(); ++k) {
      numbers[k] = static_cast<std::int8_t>(finite ? nearest(values[k] * factor) : 0);
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
        pieces_((in + kPieceDepth - 1) / kPieceDepth),
        piece_((in + pieces_ - 1) / pieces_),
        depth_(pieces_ == 1 ? round_up_depth(in) : 0),
        scales_(blocks() * column_block()),
        errors_(blocks() * column_block()),
        norms_(blocks() * column_block()) {
    // Pieces begin where a panel of another product ends, which makes them.
    constexpr std::size_t kAlign = 2 * kMostColumns;
    if (pieces_ > 1) piece_ = (piece_ + kAlign - 1) / kAlign * kAlign;
    pieces_ = (in + piece_ - 1) / piece_;
    depth_ = (pieces_ - 1) * piece_ + round_up_depth(in - (pieces_ - 1) * piece_);
    sums_.resize(pieces_ * scales_.size());
    data_ = AlignedArray<std::byte>(blocks() * panel_bytes());
  }

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
          const float most = most_of_four(column.numbers.data(), column.numbers.size());
          sums_in_16_bits_ = sums_in_16_bits_ && most <= kMostOfFour;
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
    double error = 0, norm = 0;
    for (std::size_t k = 0; k < depth_; k += kDotBytes) {
      std::memcpy(panel + k * width, column.numbers.data() + k, kDotBytes);
    }
    for (std::size_t k = 0; k < depth_; ++k) {
      sums_[k / piece_ * scales_.size() + c] += column.numbers[k];
      const float off = column.values[k] - column.scale * column.numbers[k];
      error += double{off} * off;
      norm += double{column.values[k]} * column.values[k];
    }
    scales_[c] = column.scale;
    errors_[c] = column.finite ? error : std::numeric_limits<double>::quiet_NaN();
    norms_[c] = norm;
  }

  bool sums_in_16_bits_ = true;
  std::size_t pieces_;
  std::size_t piece_;  // of `in`; the last may be shorter
  std::size_t depth_;  // all of `in`, padded
  AlignedArray<std::byte> data_;
  std::vector<float> scales_;  // for each column, in whole panels
  std::vector<float> sums_;    // likewise, for each piece
  std::vector<double> errors_, norms_;
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
