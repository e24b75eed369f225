// Byte pair encoding proper: pairs of neighbours that become one token, the best pair first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace henson::tokenizer {

/// A token within a word.
struct Symbol {
  std::int32_t id = 0;
  std::uint32_t length = 0;  // bytes
};

/// Immutable once all is added.
class Merges {
 public:
  /// A later pair has less precedence. A pair that is there gets the new place and result.
  void add(std::int32_t left, std::int32_t right, std::int32_t result);

  /// Merges neighbours until no pair is left that is known: at each step the pair that was added
  /// first, of equal ones the leftmost. Takes n log n time for long words.
  void apply(std::vector<Symbol>& symbols) const;

 private:
  static constexpr std::uint32_t kNoRank = ~std::uint32_t{0};

  struct Slot {
    std::uint64_t pair = 0;
    std::uint32_t rank = kNoRank;  // kNoRank: the slot is free
    std::int32_t result = 0;
  };

  static std::uint64_t pair_of(std::int32_t left, std::int32_t right) noexcept {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 |
           static_cast<std::uint32_t>(right);
  }
  /// The slot of a pair, or the free one where it belongs.
  std::size_t slot(std::uint64_t pair) const noexcept {
    std::size_t at = static_cast<std::size_t>((pair * 0x9E3779B97F4A7C15ULL) >> shift_);
    while (slots_[at].rank != kNoRank && slots_[at].pair != pair) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }
  /// Where the pair is not known, its rank is kNoRank.
  const Slot& find(const Symbol& left, const Symbol& right) const noexcept {
    return slots_[slot(pair_of(left.id, right.id))];
  }
  void grow();
  void apply_to_short(std::vector<Symbol>& symbols) const;
  void apply_to_long(std::vector<Symbol>& symbols) const;

  unsigned shift_ = 54;                            // 64 - log2(slots_.size())
  std::vector<Slot> slots_{std::size_t{1} << 10};  // a power of two, at most a third in use
  std::uint32_t next_rank_ = 0;
  std::size_t used_ = 0;
};

}  // namespace henson::tokenizer
