#include "tools/random_inputs.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>

namespace henson::tools {
namespace {

constexpr std::int64_t kDefaultBatch = 2;
constexpr std::int64_t kDefaultLength = 7;

struct Sizes {
  std::int64_t batch = kDefaultBatch;
  std::int64_t length = kDefaultLength;
};

DType dtype_of(const InputInfo& input) { return input.dtype.value_or(DType::kInt64); }

std::vector<std::int64_t> shape_of(const InputInfo& input) {
  return input.traced_shape.value_or(std::vector<std::int64_t>{kDefaultBatch, kDefaultLength});
}

/// Batch and length of the dummy input: those of the first input that has both.
Sizes traced_sizes(const Model& model) {
  for (const InputInfo& input : model.inputs()) {
    const std::vector<std::int64_t> shape = shape_of(input);
    if (shape.size() < 2) continue;
    // [batch, length], [batch, choices, length], or [batch, length, hidden] of embeddings.
    const bool embeddings = shape.size() == 3 && is_floating(dtype_of(input));
    return {shape.front(), embeddings ? shape[1] : shape.back()};
  }
  return {};
}

std::vector<std::int64_t> resized(std::vector<std::int64_t> shape, Sizes from, Sizes to) {
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d == 0 && shape.size() > 1 && shape[d] == from.batch) {
      shape[d] = to.batch;
    } else if (shape[d] == from.length) {
      shape[d] = to.length;
    }
  }
  return shape;
}

template <typename T, typename Draw>
Tensor fill(const std::vector<std::int64_t>& shape, Draw draw) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  std::vector<T> values(count);
  std::generate(values.begin(), values.end(), draw);
  return Tensor::copy(henson::dtype_of<T>(), shape, std::as_bytes(std::span<const T>(values)));
}

/// A tensor of 16-bit floats, which C++20 has no type for, from their bit patterns.
Tensor fill_bits(DType dtype, const std::vector<std::int64_t>& shape, std::uint16_t bits) {
  const Tensor patterns =
      fill<std::int16_t>(shape, [bits] { return static_cast<std::int16_t>(bits); });
  return Tensor::copy(dtype, shape, patterns.bytes());
}

class Drawer {
 public:
  /// `varied`: integers may be 0, too.
  Tensor draw(DType dtype, const std::vector<std::int64_t>& shape, bool varied) {
    const auto bit = [&] { return varied ? static_cast<int>(random_() & 1) : 1; };
    const bool may_be_mask = shape.size() == 2 || shape.size() == 4;
    const auto number = [&] {
      // 24 random bits, in -1 to 1.
      return may_be_mask ? 1.0F : static_cast<float>(random_() >> 8) / 8388608.0F - 1.0F;
    };
    switch (dtype) {
      case DType::kBool:
      case DType::kUInt8: {
        const Tensor flags = fill<std::uint8_t>(shape, bit);
        return Tensor::copy(dtype, shape, flags.bytes());
      }
      case DType::kInt8:
        return fill<std::int8_t>(shape, bit);
      case DType::kInt16:
        return fill<std::int16_t>(shape, bit);
      case DType::kInt32:
        return fill<std::int32_t>(shape, bit);
      case DType::kFloat16:
        return fill_bits(dtype, shape, 0x3c00);  // 1
      case DType::kBFloat16:
        return fill_bits(dtype, shape, 0x3f80);  // 1
      case DType::kFloat32:
        return fill<float>(shape, number);
      case DType::kFloat64:
        return fill<double>(shape, number);
      default:
        return fill<std::int64_t>(shape, bit);
    }
  }

 private:
  std::mt19937 random_{2018};
};

}  // namespace

std::vector<std::vector<NamedInput>> random_inputs(const Model& model) {
  const Sizes traced = traced_sizes(model);
  const std::vector<Sizes> sizes{traced,
                                 {1, traced.length + 5},
                                 {traced.batch + 1, std::max<std::int64_t>(traced.length - 2, 1)},
                                 {traced.batch + 2, traced.length + 1}};
  Drawer drawer;
  std::vector<std::vector<NamedInput>> cases;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    std::vector<NamedInput> inputs;
    for (const InputInfo& input : model.inputs()) {
      const bool varied = inputs.empty() || k + 1 == sizes.size();
      inputs.push_back(
          {input.path,
           drawer.draw(dtype_of(input), resized(shape_of(input), traced, sizes[k]), varied)});
    }
    cases.push_back(std::move(inputs));
  }
  return cases;
}

}  // namespace henson::tools
