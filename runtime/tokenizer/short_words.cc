#include "runtime/tokenizer/short_words.h"

#include <bit>
#include <cstring>
#include <utility>

namespace henson::tokenizer {
namespace {

std::uint64_t load(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Keeps the first `bytes` bytes as they lie in memory: 1 to 8.
std::uint64_t keep(std::uint64_t word, std::size_t bytes) noexcept {
  const unsigned shift = 64 - 8 * static_cast<unsigned>(bytes);
  if constexpr (std::endian::native == std::endian::little) return word << shift >> shift;
  return word >> shift << shift;
}

}  // namespace

ShortWords::Key ShortWords::key_of(std::string_view text, std::size_t length) noexcept {
  Key key;
  if (text.size() < kMaxLength) {
    char bytes[kMaxLength] = {};
    std::memcpy(bytes, text.data(), length);
    key = {load(bytes), load(bytes + 8)};
  } else if (length <= 8) {
    key.low = keep(load(text.data()), length);
  } else {
    key = {load(text.data()), keep(load(text.data() + 8), length - 8)};
  }
  return key;
}

std::size_t ShortWords::slot(const Key& key, std::size_t length) const noexcept {
  // Two odd multipliers of no meaning.
  const std::uint64_t mixed =
      (key.low + length) * 0x9E3779B97F4A7C15ULL ^ std::rotr(key.high * 0xC2B2AE3D27D4EB4FULL, 32);
  std::size_t at = static_cast<std::size_t>((mixed * 0x9E3779B97F4A7C15ULL) >> shift_);
  while (slots_[at].length != 0 && (slots_[at].length != length || slots_[at].key != key)) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

void ShortWords::add(std::string_view word, std::int32_t id) {
  const Key key = key_of(word, word.size());
  slots_[slot(key, word.size())] = {key, static_cast<std::uint32_t>(word.size()), id};
  if (++used_ * 2 > slots_.size()) grow();
}

void ShortWords::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  std::swap(old, slots_);
  --shift_;
  for (const Slot& entry : old) {
    if (entry.length != 0) slots_[slot(entry.key, entry.length)] = entry;
  }
}

std::int32_t ShortWords::find(std::string_view text, std::size_t length) const noexcept {
  if (length > kMaxLength) return -1;
  const Slot& found = slots_[slot(key_of(text, length), length)];
  return found.length == 0 ? -1 : found.id;
}

}  // namespace henson::tokenizer
