#include "loader/bytes.h"

#include <bit>

#include "henson/error.h"

namespace henson::loader {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::span<const std::byte> ByteReader::take(std::uint64_t size) {
  const std::size_t left = bytes_.size() - position_;
  if (size > left) {
    throw Error(ErrorCode::kBadArchive,
                "truncated: " + std::to_string(size) + " bytes are needed here and " +
                    std::to_string(left) + " are left",
                {entry_, position_, {}});
  }
  const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(size));
  position_ += taken.size();
  return taken;
}

std::uint64_t ByteReader::little_endian(std::size_t size) {
  const auto bytes = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

double ByteReader::f64_big_endian() {
  std::uint64_t bits = 0;
  for (const std::byte byte : take(8)) bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
  return std::bit_cast<double>(bits);
}

std::int64_t ByteReader::signed_integer(std::size_t size) {
  if (size == 0) return 0;
  std::uint64_t value = little_endian(size);
  const std::size_t bits = 8 * size;
  const bool negative = (value >> (bits - 1)) & 1U;
  if (negative && bits < 64) value |= ~std::uint64_t{0} << bits;
  return static_cast<std::int64_t>(value);
}

std::string_view ByteReader::text(std::uint64_t size) { return as_text(take(size)); }

std::string_view ByteReader::line() {
  const std::string_view rest = as_text(bytes_.subspan(position_));
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    throw Error(ErrorCode::kBadArchive, "truncated: a line without an end",
                {entry_, position_, {}});
  }
  position_ += end + 1;
  return rest.substr(0, end);
}

}  // namespace henson::loader
