#include "runtime/inspection/element_reader.h"

#include <functional>
#include <numeric>
#include <vector>

#include "henson/error.h"
#include "runtime/tensor/half.h"

namespace henson::runtime {
namespace {

/// Whether the elements fill a stretch of memory, each in a place of its own, in whatever order.
bool is_dense(const Tensor& tensor) {
  std::vector<std::size_t> dims(tensor.sizes().size());
  std::iota(dims.begin(), dims.end(), std::size_t{0});
  std::erase_if(dims, [&](std::size_t d) { return tensor.sizes()[d] == 1; });
  std::sort(dims.begin(), dims.end(), [&](std::size_t a, std::size_t b) {
    return tensor.strides()[a] < tensor.strides()[b];
  });
  std::int64_t stride = 1;
  for (const std::size_t d : dims) {
    if (tensor.strides()[d] != stride) return false;
    stride *= tensor.sizes()[d];
  }
  return true;
}

bool has_channels(const Tensor& tensor) {
  return tensor.quantization() != nullptr && tensor.quantization()->per_channel;
}

template <typename T>
void widen(const std::byte* bytes, std::span<double> numbers) {
  const T* const elements = reinterpret_cast<const T*>(bytes);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(elements[i]);
}

}  // namespace

ElementReader::ElementReader(const Tensor& tensor, Order order)
    : tensor_(tensor), width_(size_of(tensor.dtype())), count_(tensor.numel()) {
  // A channel is found by the place in row-major order.
  const bool any = order == Order::kAny && !has_channels(tensor);
  if (count_ == 0 || tensor.is_contiguous() || (any && is_dense(tensor))) return;
  tensor_ = tensor.contiguous(system_memory());
}

loader::StorageReading ElementReader::open(std::int64_t first, std::int64_t last) const {
  const auto start = static_cast<std::size_t>(tensor_.offset());
  return tensor_.buffer()->read_once((start + static_cast<std::size_t>(first)) * width_,
                                     (start + static_cast<std::size_t>(last)) * width_);
}

void ElementReader::decode(const std::byte* bytes, std::int64_t at,
                           std::span<double> numbers) const {
  switch (stored_as(tensor_.dtype())) {
    case DType::kFloat16:
      widen<Half>(bytes, numbers);
      break;
    case DType::kBFloat16:
      widen<BFloat16>(bytes, numbers);
      break;
    case DType::kFloat32:
      widen<float>(bytes, numbers);
      break;
    case DType::kFloat64:
      widen<double>(bytes, numbers);
      break;
    case DType::kBool:
    case DType::kUInt8:
      widen<std::uint8_t>(bytes, numbers);
      break;
    case DType::kInt8:
      widen<std::int8_t>(bytes, numbers);
      break;
    case DType::kInt16:
      widen<std::int16_t>(bytes, numbers);
      break;
    case DType::kInt32:
      widen<std::int32_t>(bytes, numbers);
      break;
    case DType::kInt64:
      widen<std::int64_t>(bytes, numbers);
      break;
    default:
      throw Error(ErrorCode::kInternal, "elements of a type that nobody reads");
  }
  if (tensor_.quantization() != nullptr) dequantize(at, numbers);
}

/// As PyTorch rounds it: the scales of channels are doubles, a tensor's single one a float.
void ElementReader::dequantize(std::int64_t at, std::span<double> numbers) const {
  const loader::Quantization& by = *tensor_.quantization();
  if (!by.per_channel) {
    const auto zero = static_cast<double>(by.zero_points[0]);
    const auto scale = static_cast<float>(by.scales[0]);
    for (double& number : numbers) number = static_cast<float>(number - zero) * scale;
    return;
  }
  const auto axis = static_cast<std::ptrdiff_t>(by.axis);
  const std::int64_t channels = tensor_.sizes()[by.axis];
  const std::int64_t inner = std::accumulate(  // elements that follow each other in one channel
      tensor_.sizes().begin() + axis + 1, tensor_.sizes().end(), std::int64_t{1},
      std::multiplies<>());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::int64_t place = at + static_cast<std::int64_t>(i);
    const auto channel = static_cast<std::size_t>(place / inner % channels);
    const double steps = numbers[i] - static_cast<double>(by.zero_points[channel]);
    numbers[i] = static_cast<float>(steps * by.scales[channel]);
  }
}

}  // namespace henson::runtime
