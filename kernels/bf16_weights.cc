#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#include "kernels/aligned.h"
#include "kernels/convert.h"
#include "kernels/dot_product.h"
#include "kernels/dot_weights.h"
#include "kernels/weight_columns.h"

namespace henson::kernels {
namespace {

/// Of `in`: so many bytes of bfloat16 make whole steps of every kernel.
constexpr std::size_t kDepth = kInt8Depth / sizeof(std::uint16_t);
constexpr std::size_t kNumberBytes = sizeof(std::uint16_t);
/// How much of `in` a tile sums at a time: what kPieceDepth bytes are.
constexpr std::size_t kPart = kPieceDepth;

class Bf16Weights : public PackedWeights {
 public:
  Bf16Weights(std::size_t out, std::size_t in, const DotKernel& kernel)
      : PackedWeights(out, in, kernel.columns), kernel_(kernel), data_(blocks() * panel_bytes()) {}

  WeightType type() const noexcept override { return WeightType::kBFloat16; }
  std::size_t bytes() const noexcept override { return data_.size(); }
  std::size_t in_block() const noexcept override { return kDepth; }

  void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) override {
    const std::size_t width = column_block();
    std::vector<float> column(round_up(in()));
    std::vector<std::uint16_t> numbers(column.size());
    for (std::size_t c = first * width; c < last * width; ++c) {
      const Column from = find_column(matrices, c);
      for (std::size_t k = 0; k < in(); ++k) column[k] = from.data == nullptr ? 0.0F : from.at(k);
      narrow(NarrowType::kBFloat16, column.data(), numbers.data(), numbers.size());
      std::byte* const panel = data_.data() + c / width * panel_bytes() + c % width * kDotBytes;
      for (std::size_t k = 0; k < numbers.size(); k += 2) {
        std::memcpy(panel + k * kNumberBytes * width, numbers.data() + k, kDotBytes);
      }
    }
  }

  std::size_t packed_bytes(const Input& input) const noexcept override {
    return input.rows * row_bytes(input.last_in - input.first_in);
  }

  void pack_input(const Input& input, std::byte* to) const noexcept override {
    const std::size_t depth = input.last_in - input.first_in;
    for (std::size_t r = 0; r < input.rows; ++r, to += row_bytes(depth)) {
      narrow(NarrowType::kBFloat16, input.x + r * input.x_stride,
             reinterpret_cast<std::uint16_t*>(to), depth);
      std::memset(to + depth * kNumberBytes, 0, (round_up(depth) - depth) * kNumberBytes);
    }
  }

  void multiply(const Product& p) const noexcept override {
    const std::size_t depth = p.last_in - p.first_in;
    DotCall call;
    call.x_stride = row_bytes(depth);
    call.rows = p.rows;
    call.panel_bytes = panel_bytes();
    call.y_stride = p.y_stride;
    for (std::size_t column = p.first_column; column < p.last_column; column += column_block()) {
      call.columns = std::min(column_block(), p.last_column - column);
      call.y = p.y + (column - p.first_column);
      call.bias = p.bias == nullptr ? nullptr : p.bias + column;
      for (std::size_t k = 0; k < depth; k += kPart) {
        call.x = p.packed + k * kNumberBytes;
        call.depth_bytes = round_up(std::min(kPart, depth - k)) * kNumberBytes;
        call.weights = data_.data() + column / column_block() * panel_bytes() +
                       (p.first_in + k) * kNumberBytes * column_block();
        call.add_to_result = p.add_to_result || k > 0;
        kernel_.multiply(call);
      }
    }
  }

 private:
  static std::size_t round_up(std::size_t depth) noexcept {
    return (depth + kDepth - 1) / kDepth * kDepth;
  }
  std::size_t panel_bytes() const noexcept {
    return round_up(in()) * kNumberBytes * column_block();
  }
  static std::size_t row_bytes(std::size_t depth) noexcept {
    return (round_up(depth) * kNumberBytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  const DotKernel& kernel_;
  AlignedArray<std::byte> data_;
};

}  // namespace

std::unique_ptr<PackedWeights> make_bf16_weights(std::size_t out, std::size_t in) {
  const DotKernel* const kernel = bf16_kernel();
  return kernel == nullptr ? nullptr : std::make_unique<Bf16Weights>(out, in, *kernel);
}

}  // namespace henson::kernels
