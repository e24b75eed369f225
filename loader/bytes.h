// A bounded cursor over untrusted bytes: every read is checked, and a short one throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace henson::loader {

/// Does not own the bytes. Reads throw henson::Error (kBadArchive) that names the entry and the
/// offset.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string entry)
      : bytes_(bytes), entry_(std::move(entry)) {}

  std::size_t position() const noexcept { return position_; }
  const std::string& entry() const noexcept { return entry_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  std::uint64_t u64() { return little_endian(8); }
  /// An IEEE double with its most significant byte first.
  double f64_big_endian();
  /// A two's complement integer of `size` bytes (at most 8), least significant first.
  std::int64_t signed_integer(std::size_t size);
  /// The next `size` bytes as text.
  std::string_view text(std::uint64_t size);
  /// Text up to the next newline, which is skipped.
  std::string_view line();

 private:
  std::span<const std::byte> take(std::uint64_t size);
  std::uint64_t little_endian(std::size_t size);

  std::span<const std::byte> bytes_;
  std::string entry_;
  std::size_t position_ = 0;
};

}  // namespace henson::loader
