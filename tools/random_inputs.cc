#include "tools/random_inputs.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <random>
#include <span>

#include "runtime/tensor/checked.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr InputSizes kDefaultSizes{2, 7, 0};
// Of an input. A file may tell any sizes of its dummy input, whose elements it does not hold.
constexpr std::int64_t kMostElements = 1 << 26;

using Shape = std::vector<std::int64_t>;

DType dtype_of(const InputInfo& input) { return input.dtype.value_or(DType::kInt64); }

/// Throws henson::Error for what would take too much memory, or would if no size were 0.
void check_size(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    const auto product = runtime::try_multiply(count, std::max<std::int64_t>(size, 1));
    if (!product || *product > kMostElements) {
      throw Error(ErrorCode::kBadInput,
                  "an input of shape " + format_shape(shape) + " is too large to be made up");
    }
    count = *product;
  }
}

/// The traced shape; where the archive does not tell, sizes of 2 and the default length.
Shape shape_of(const InputInfo& input) {
  if (input.traced_shape) {
    check_size(*input.traced_shape);
    return *input.traced_shape;
  }
  Shape shape(std::max<std::size_t>(input.rank.value_or(2), 1), kDefaultSizes.batch);
  shape.back() = kDefaultSizes.length;
  return shape;
}

Shape resized(Shape shape, InputSizes from, InputSizes to) {
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d == 0 && shape.size() > 1 && shape[d] == from.batch) {
      shape[d] = to.batch;
    } else if (shape[d] == from.length) {
      shape[d] = to.length;
    }
  }
  return shape;
}

/// [batch, length], [batch, length, length], [batch, 1, 1, length] and the like.
bool has_mask_shape(const Shape& shape) {
  return shape.size() == 2 || shape.size() == 4 || (shape.size() == 3 && shape[1] == shape[2]);
}

/// Where the computation does not tell, the first input is none.
bool is_mask(const InputInfo& input, const Shape& shape, bool first) {
  if (input.role != InputRole::kOther) return input.role == InputRole::kMask;
  if (first || input.table_rows) return false;
  return !is_floating(dtype_of(input)) || has_mask_shape(shape);
}

std::uint16_t to_bfloat16(double number) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
  return static_cast<std::uint16_t>(bits >> 16);
}

/// For numbers from -1 to 1; cut off, and 0 when it would be subnormal.
std::uint16_t to_float16(double number) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
  const std::uint32_t exponent = bits >> 23 & 0xff;
  if (exponent <= 112) return 0;
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000) | (exponent - 112) << 10 |
                                    (bits >> 13 & 0x3ff));
}

/// The number of an element, by its place in row-major order.
using Numbers = std::function<double(std::size_t)>;

template <typename T, typename Convert>
Tensor fill(DType dtype, const Shape& shape, const Numbers& numbers, Convert convert) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(convert(numbers(i)));
  return Tensor::copy(dtype, shape, std::as_bytes(std::span<const T>(values)));
}

Tensor make_tensor(DType dtype, const Shape& shape, const Numbers& numbers) {
  const auto same = [](double number) { return number; };
  switch (dtype) {
    case DType::kBool:
    case DType::kUInt8:
      return fill<std::uint8_t>(dtype, shape, numbers, same);
    case DType::kInt8:
      return fill<std::int8_t>(dtype, shape, numbers, same);
    case DType::kInt16:
      return fill<std::int16_t>(dtype, shape, numbers, same);
    case DType::kInt32:
      return fill<std::int32_t>(dtype, shape, numbers, same);
    case DType::kFloat16:
      return fill<std::uint16_t>(dtype, shape, numbers, to_float16);
    case DType::kBFloat16:
      return fill<std::uint16_t>(dtype, shape, numbers, to_bfloat16);
    case DType::kFloat32:
      return fill<float>(dtype, shape, numbers, same);
    case DType::kFloat64:
      return fill<double>(dtype, shape, numbers, same);
    default:
      return fill<std::int64_t>(DType::kInt64, shape, numbers, same);
  }
}

/// The largest whole number below `limit` that the dtype holds, plus one.
std::int64_t limit_in(DType dtype, std::int64_t limit) {
  if (dtype == DType::kBool) return 2;
  if (dtype == DType::kInt8) return std::min<std::int64_t>(limit, 128);
  if (dtype == DType::kUInt8) return std::min<std::int64_t>(limit, 256);
  if (dtype == DType::kInt16) return std::min<std::int64_t>(limit, 32768);
  return limit;
}

class Drawer {
 public:
  Drawer(unsigned seed, InputSizes sizes, Masks masks) : random_(seed) {
    const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(sizes.batch, 1));
    visible_.assign(rows, sizes.length);
    if (masks == Masks::kOnes) return;
    for (std::int64_t& length : visible_) {
      length = 1 + below(std::max<std::int64_t>(sizes.length, 1));
    }
    // One that all see, when there are several.
    if (visible_.size() > 1) visible_.front() = sizes.length;
  }

  Tensor draw(const InputInfo& input, const Shape& shape, bool first) {
    const DType dtype = dtype_of(input);
    if (is_mask(input, shape, first)) {
      return make_tensor(dtype, shape, [&](std::size_t i) { return mask_at(shape, i); });
    }
    if (!is_floating(dtype)) {
      const std::int64_t limit = limit_in(dtype, std::max<std::int64_t>(rows_of(input), 1));
      return make_tensor(dtype, shape,
                         [&](std::size_t) { return static_cast<double>(below(limit)); });
    }
    // 24 random bits, in -1 to 1.
    return make_tensor(dtype, shape, [&](std::size_t) {
      return static_cast<double>(random_() >> 8) / 8388608.0 - 1.0;
    });
  }

 private:
  static std::int64_t rows_of(const InputInfo& input) { return input.table_rows.value_or(2); }

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }

  double mask_at(const Shape& shape, std::size_t index) const {
    std::size_t row_size = 1;
    for (const std::int64_t size : std::span(shape).subspan(shape.size() > 1 ? 1 : 0)) {
      row_size *= static_cast<std::size_t>(size);
    }
    const std::size_t row = std::min(index / row_size, visible_.size() - 1);
    const auto token = static_cast<std::int64_t>(index) % (shape.empty() ? 1 : shape.back());
    return token < visible_[row] ? 1 : 0;
  }

  std::mt19937 random_;
  std::vector<std::int64_t> visible_;  // tokens of each sequence
};

}  // namespace

bool tells_shapes(const Model& model) {
  const auto inputs = model.inputs();
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const InputInfo& input) { return input.traced_shape.has_value(); });
}

InputSizes traced_sizes(const Model& model) {
  for (const InputInfo& input : model.inputs()) {
    const Shape shape = shape_of(input);
    if (shape.size() < 2) continue;
    // [batch, length], [batch, choices, length], or [batch, length, hidden] of embeddings.
    const bool embeddings = shape.size() == 3 && is_floating(dtype_of(input));
    return {shape.front(), embeddings ? shape[1] : shape.back(), 0};
  }
  return kDefaultSizes;
}

std::vector<NamedInput> random_inputs(const Model& model, InputSizes sizes, Masks masks,
                                      unsigned seed) {
  const InputSizes traced = traced_sizes(model);
  Drawer drawer(seed, sizes, masks);
  std::vector<NamedInput> inputs;
  for (const InputInfo& input : model.inputs()) {
    Shape shape = resized(shape_of(input), traced, sizes);
    if (sizes.choices > 0 && !input.traced_shape && shape.size() == 2) {
      shape.insert(shape.begin() + 1, sizes.choices);
    }
    check_size(shape);
    inputs.push_back({input.path, drawer.draw(input, shape, inputs.empty())});
  }
  return inputs;
}

std::vector<std::vector<NamedInput>> random_cases(const Model& model, std::int64_t choices) {
  const InputSizes traced = traced_sizes(model);
  const std::int64_t shorter = std::max<std::int64_t>(traced.length - 2, 1);
  const InputSizes sizes[] = {{traced.batch, traced.length, choices},
                              {1, traced.length + 5, choices},
                              {traced.batch + 1, shorter, choices},
                              {traced.batch + 2, traced.length + 1, choices}};
  std::vector<std::vector<NamedInput>> cases;
  for (const InputSizes& one : sizes) {
    const auto seed = static_cast<unsigned>(2018 + cases.size());
    cases.push_back(random_inputs(model, one, Masks::kHideTokens, seed));
  }
  return cases;
}

}  // namespace henson::tools
