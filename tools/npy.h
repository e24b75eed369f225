// One array in NumPy's npy format, versions 1 to 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// What an npy file says before its elements.
struct NpyHeader {
  DType dtype = DType::kFloat32;
  bool fortran_order = false;  // the first dimension varies fastest
  std::vector<std::int64_t> shape;
  std::size_t size = 0;             // of the header: the elements start here
  std::uint64_t element_bytes = 0;  // of all elements, which end the file
};

/// The longest header that is read.
inline constexpr std::size_t kMaxNpyHeader = 64 << 10;

/// Parses the header from the first bytes of an array of `total` bytes. Throws henson::Error
/// (kBadInput) that names the array: for what is not npy, for dtypes that Henson does not have,
/// for big-endian elements, and when shape and dtype do not make `total` bytes.
NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t total,
                           const std::string& array);

/// The elements after the header, in row-major order.
Tensor decode_npy(const NpyHeader& header, std::span<const std::byte> elements);

/// What stands before the elements, version 1. Throws henson::Error (kUnsupported) for dtypes that
/// npy does not have.
std::string npy_start(DType dtype, std::span<const std::int64_t> shape);

/// The whole npy file of a tensor, version 1. bfloat16, which npy does not have, becomes float32.
std::vector<std::byte> encode_npy(const Tensor& tensor);

}  // namespace henson::tools
