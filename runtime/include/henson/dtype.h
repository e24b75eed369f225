// The element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "henson/visibility.h"

namespace henson {

/// Numbered as PyTorch's c10::ScalarType, since the code of an archive names types by number.
enum class DType : std::uint8_t {
  kUInt8 = 0,
  kInt8 = 1,
  kInt16 = 2,
  kInt32 = 3,
  kInt64 = 4,
  kFloat16 = 5,
  kFloat32 = 6,
  kFloat64 = 7,
  kBool = 11,
  kQInt8 = 12,
  kQUInt8 = 13,
  kQInt32 = 14,
  kBFloat16 = 15,
};

/// Bytes of one element.
HENSON_API std::size_t size_of(DType dtype) noexcept;
/// "float32", "int64", …
HENSON_API std::string_view name_of(DType dtype) noexcept;
/// The type of a PyTorch number, or nothing for one that Henson does not have.
HENSON_API std::optional<DType> dtype_from_number(std::int64_t number) noexcept;

/// The integers that a quantized type is stored as; any other type itself.
HENSON_API DType stored_as(DType dtype) noexcept;

HENSON_API bool is_floating(DType dtype) noexcept;   // float16, bfloat16, float32, float64
HENSON_API bool is_quantized(DType dtype) noexcept;  // qint8, quint8, qint32
HENSON_API bool is_integral(DType dtype) noexcept;   // the integers, without bool

}  // namespace henson
