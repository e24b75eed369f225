#include "runtime/operators/numbers.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void overflow(DType dtype) {
  throw Error(ErrorCode::kBadInput, "value cannot be converted to type " +
                                        std::string(name_of(dtype)) + " without overflow");
}

/// An unsigned type takes negative numbers too, wrapped, as long as their magnitude fits.
bool fits(std::int64_t value, std::int64_t lowest, std::int64_t highest) {
  const std::int64_t floor = lowest == 0 ? -highest : lowest;
  return value >= floor && value <= highest;
}

bool fits(double value, std::int64_t lowest, std::int64_t highest) {
  // 2^63 is exact in double, 2^63 - 1 is not.
  return value >= static_cast<double>(lowest) && value <= static_cast<double>(highest) &&
         value < 9223372036854775808.0;
}

/// std::numeric_limits knows nothing of the 16-bit types, and would answer 0.
template <typename T>
constexpr double kLargest = std::numeric_limits<T>::max();
template <>
constexpr double kLargest<Half> = 65504;
template <>
constexpr double kLargest<BFloat16> = 0x1.fep127;

template <typename T>
T converted(const Scalar& number, DType dtype) {
  if constexpr (std::is_same_v<T, bool>) {
    return std::visit([](auto value) { return value != decltype(value){}; }, number);
  } else if constexpr (std::is_integral_v<T>) {
    constexpr std::int64_t kLowest = std::numeric_limits<T>::min();
    constexpr std::int64_t kHighest = std::numeric_limits<T>::max();
    if (const auto* real = std::get_if<double>(&number)) {
      if (!fits(*real, kLowest, kHighest)) overflow(dtype);
      return static_cast<T>(*real);
    }
    const std::int64_t value = to_int(number);
    if (!fits(value, kLowest, kHighest)) overflow(dtype);
    return static_cast<T>(value);
  } else {
    const double value = to_double(number);
    if constexpr (!std::is_same_v<T, double>) {
      if (std::isfinite(value) && std::abs(value) > kLargest<T>) overflow(dtype);
    }
    if constexpr (is_reduced_float<T>) {
      return static_cast<T>(static_cast<float>(value));
    } else {
      return static_cast<T>(value);
    }
  }
}

}  // namespace

DType dtype_of(const Scalar& number) noexcept {
  if (std::holds_alternative<bool>(number)) return DType::kBool;
  return is_floating(number) ? DType::kFloat32 : DType::kInt64;
}

Tensor to_tensor(const Scalar& number, DType dtype) {
  Tensor tensor = Tensor::empty(system_memory(), dtype, {});
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    *tensor.mutable_data<T>() = converted<T>(number, dtype);
  });
  return tensor;
}

Scalar to_scalar(const Tensor& tensor) {
  if (tensor.numel() != 1) {
    throw Error(ErrorCode::kBadInput, "a Tensor with " + std::to_string(tensor.numel()) +
                                          " elements cannot be converted to Scalar");
  }
  return visit_dtype(tensor.dtype(), [&](auto tag) -> Scalar {
    using T = typename decltype(tag)::type;
    const T number = *tensor.data<T>();
    if constexpr (std::is_same_v<T, bool>) {
      return number;
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<std::int64_t>(number);
    } else {
      return static_cast<double>(number);
    }
  });
}

std::int64_t to_int_checked(const Scalar& number) {
  return converted<std::int64_t>(number, DType::kInt64);
}

Value to_value(const Scalar& number) {
  return std::visit([](auto value) { return Value(value); }, number);
}

Value to_value(Allocator& memory, const std::vector<Tensor>& parts) {
  // A value, a tensor, its sizes and its strides, each with what the system keeps beside it.
  constexpr std::size_t kBytesOfPart = 256;
  return Value::list({parts.begin(), parts.end()}, memory.charge(parts.size() * kBytesOfPart));
}

void fill(Allocator& memory, Tensor& tensor, const Scalar& number) {
  const bool reduced = tensor.numel() == 1 &&
                       (tensor.dtype() == DType::kFloat16 || tensor.dtype() == DType::kBFloat16);
  copy_into(memory, tensor, to_tensor(number, reduced ? DType::kFloat64 : tensor.dtype()));
}

Tensor filled(Allocator& memory, Dims sizes, const Scalar& number, DType dtype) {
  Tensor tensor = Tensor::empty(memory, dtype, std::move(sizes));
  fill(memory, tensor, number);
  return tensor;
}

Tensor zeros(Allocator& memory, DType dtype, Dims sizes) {
  Tensor tensor = Tensor::empty(memory, dtype, std::move(sizes));
  if (tensor.buffer()->size() > 0) {
    std::memset(tensor.buffer()->mutable_data(), 0, tensor.buffer()->size());
  }
  return tensor;
}

}  // namespace henson::runtime
