#include "runtime/tensor/elements.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "henson/error.h"

namespace henson::runtime {
namespace {

/// Converts as a C++ cast would, where that is defined; a float out of range goes by way of
/// the lowest int64, or of the lowest int32 for the narrower types, as on PyTorch's CPUs.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (is_reduced_float<To>) {
    return To(static_cast<float>(value));
  } else if constexpr (is_reduced_float<From>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Wide = std::conditional_t<sizeof(To) == 8, std::int64_t, std::int32_t>;
    constexpr From kLimit = sizeof(To) == 8 ? static_cast<From>(9223372036854775808.0)
                                            : static_cast<From>(2147483648.0);
    if (!(value >= -kLimit && value < kLimit)) {
      return static_cast<To>(std::numeric_limits<Wide>::min());
    }
    return static_cast<To>(static_cast<Wide>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To>
void copy_converted(const Tensor& source, Tensor& target) {
  map_into<From, To>(source, target, [](From value) { return convert<To>(value); });
}

bool share_bytes(const Tensor& a, const Tensor& b) {
  return a.buffer()->data() == b.buffer()->data();
}

}  // namespace

void throw_unsupported_dtype(DType dtype) {
  throw Error(ErrorCode::kUnsupported, "not implemented for " + std::string(name_of(dtype)));
}

void copy_into(Allocator& memory, Tensor& target, const Tensor& source) {
  if (is_quantized(target.dtype()) != is_quantized(source.dtype()) ||
      (is_quantized(target.dtype()) && target.dtype() != source.dtype())) {
    throw_unsupported_dtype(is_quantized(target.dtype()) ? target.dtype() : source.dtype());
  }
  Tensor from = expand_to(source, target.sizes());
  if (share_bytes(target, from)) {
    // The two may overlap: read everything before anything is written.
    Tensor copy = Tensor::empty(memory, from.dtype(), from.sizes());
    copy_into(memory, copy, from);
    from = copy;
  }
  if (from.dtype() == target.dtype() && from.is_contiguous() && target.is_contiguous()) {
    const std::size_t width = size_of(from.dtype());
    std::byte* const to =
        target.buffer()->mutable_data() + static_cast<std::size_t>(target.offset()) * width;
    const std::byte* const first_byte =
        from.buffer()->data() + static_cast<std::size_t>(from.offset()) * width;
    in_pieces(from.numel(), [&](std::int64_t first, std::int64_t last) {
      const std::size_t start = static_cast<std::size_t>(first) * width;
      std::memcpy(to + start, first_byte + start, static_cast<std::size_t>(last - first) * width);
    });
    return;
  }
  visit_dtype(stored_as(from.dtype()), [&](auto from_tag) {
    visit_dtype(stored_as(target.dtype()), [&](auto to_tag) {
      copy_converted<typename decltype(from_tag)::type, typename decltype(to_tag)::type>(from,
                                                                                         target);
    });
  });
}

}  // namespace henson::runtime
