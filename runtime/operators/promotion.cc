#include "runtime/operators/promotion.h"

#include <algorithm>

namespace henson::runtime {
namespace {

int category(DType dtype) noexcept {
  if (is_floating(dtype)) return 2;
  return dtype == DType::kBool ? 0 : 1;
}

void merge(std::optional<DType>& into, DType dtype) noexcept {
  into = into ? promote(*into, dtype) : dtype;
}

}  // namespace

DType promote(DType a, DType b) noexcept {
  if (a == b) return a;
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  if (is_floating(a)) {
    const bool reduced = size_of(a) == 2 && size_of(b) == 2;  // float16 with bfloat16
    if (reduced) return DType::kFloat32;
    return size_of(a) > size_of(b) ? a : b;
  }
  // uint8 with a signed type needs the next wider signed one; the signed ones are ordered by size.
  const bool with_uint8 = a == DType::kUInt8 || b == DType::kUInt8;
  const DType other = a == DType::kUInt8 ? b : a;
  if (with_uint8) return other == DType::kInt8 ? DType::kInt16 : other;
  return size_of(a) > size_of(b) ? a : b;
}

Promotion& Promotion::add(DType dtype, bool has_dimensions) {
  merge(has_dimensions ? dimensional_ : zero_dimensional_, dtype);
  return *this;
}

Promotion& Promotion::add(const Scalar& scalar) {
  const DType dtype = std::holds_alternative<bool>(scalar) ? DType::kBool
                      : is_floating(scalar)                ? DType::kFloat32
                                                           : DType::kInt64;
  return add_number(dtype);
}

Promotion& Promotion::add_number(DType dtype) {
  merge(number_, dtype);
  return *this;
}

DType Promotion::result() const noexcept {
  std::optional<DType> result;
  for (const std::optional<DType>& rank : {dimensional_, zero_dimensional_, number_}) {
    if (!rank) continue;
    if (!result || category(*rank) > category(*result)) result = rank;
  }
  return result.value_or(DType::kFloat32);
}

}  // namespace henson::runtime
