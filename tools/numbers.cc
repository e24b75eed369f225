#include "tools/numbers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tools/report.h"

namespace henson::tools {
namespace {

template <typename T>
T load(const Tensor& tensor, std::size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes().data() + index * sizeof(T), sizeof(T));
  return value;
}

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(0x400 | fraction, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

std::int64_t integer_at(const Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::kBool:
    case DType::kUInt8:
      return load<std::uint8_t>(tensor, index);
    case DType::kInt8:
      return load<std::int8_t>(tensor, index);
    case DType::kInt16:
      return load<std::int16_t>(tensor, index);
    case DType::kInt32:
      return load<std::int32_t>(tensor, index);
    case DType::kInt64:
      return load<std::int64_t>(tensor, index);
    default:
      throw Error(ErrorCode::kInternal,
                  std::string(name_of(tensor.dtype())) + " read as an integer");
  }
}

double number_at(const Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::kFloat16:
      return half_to_double(load<std::uint16_t>(tensor, index));
    case DType::kBFloat16:
      return std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(tensor, index)} << 16);
    case DType::kFloat32:
      return load<float>(tensor, index);
    case DType::kFloat64:
      return load<double>(tensor, index);
    default:
      return static_cast<double>(integer_at(tensor, index));
  }
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.element_count()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(number_at(tensor, i));
  }
  return values;
}

std::string place_in(const std::vector<std::int64_t>& shape, std::size_t index) {
  std::vector<std::int64_t> place(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[d]);
    place[d] = static_cast<std::int64_t>(index % size);
    index /= size;
  }
  return format_shape(place);
}

}  // namespace henson::tools
