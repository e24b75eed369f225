// Words that are one token each, found at one look into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

/// Byte strings of 1 to kMaxLength bytes, with an id each.
class ShortWords {
 public:
  static constexpr std::size_t kMaxLength = 16;

  /// `word` has 1 to kMaxLength bytes and is not in yet.
  void add(std::string_view word, std::int32_t id);
  /// The id of the `length` bytes at the start of `text`; -1 when there is none.
  std::int32_t find(std::string_view text, std::size_t length) const noexcept;

 private:
  struct Key {
    std::uint64_t low = 0;  // the bytes, zeros after them
    std::uint64_t high = 0;

    bool operator==(const Key&) const = default;
  };
  struct Slot {
    Key key;
    std::uint32_t length = 0;  // 0: the slot is free
    std::int32_t id = 0;
  };

  static Key key_of(std::string_view text, std::size_t length) noexcept;
  std::size_t slot(const Key& key, std::size_t length) const noexcept;
  void grow();

  unsigned shift_ = 54;                            // 64 - log2(slots_.size())
  std::vector<Slot> slots_{std::size_t{1} << 10};  // a power of two, at most half in use
  std::size_t used_ = 0;
};

}  // namespace henson::tokenizer
