#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>

namespace henson::fuzz {
namespace {

constexpr std::array<float, 12> kFloats{0.0F,
                                        -0.0F,
                                        1.0F,
                                        -1.0F,
                                        1e-45F,
                                        1e-38F,
                                        3.4e38F,
                                        -3.4e38F,
                                        65505.0F,
                                        std::numeric_limits<float>::infinity(),
                                        -std::numeric_limits<float>::infinity(),
                                        std::numeric_limits<float>::quiet_NaN()};

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

void add_or_drop_entry(std::vector<FileEntry>& entries, Chance& chance) {
  if (entries.empty()) return;
  const std::size_t at = chance.below(entries.size());
  switch (chance.below(4)) {
    case 0:
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      std::swap(entries[at].bytes, entries[chance.below(entries.size())].bytes);
      break;
    case 2:
      entries[at].name += "0";
      break;
    default:
      entries.push_back(entries[at]);
      entries.back().name += "1";
  }
}

}  // namespace

std::int64_t integer_of(Chance& chance) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::array<std::int64_t, 28> kEdges{
      0,       1,       2,          3,          4,          5,          6,
      7,       11,      15,         64,         127,        255,        65535,
      1 << 20, 1 << 30, 2147483647, 2147483648, 4294967295, 4294967296, 1LL << 40,
      kMost,   kLeast,  kMost - 1,  kLeast + 1, kMost / 2,  1LL << 53,  99};
  const std::int64_t edge = chance.one_of(kEdges);
  return chance.once_in(3) && edge != kLeast ? -edge : edge;
}

void change_storage(std::string& bytes, Chance& chance) {
  if (bytes.empty() || chance.once_in(8)) {
    bytes.resize(chance.once_in(2) ? bytes.size() / 2 : bytes.size() + 1 + chance.below(64), '\0');
    return;
  }
  for (std::size_t count = 1 + chance.below(8); count > 0; --count) {
    const std::size_t at = chance.below(bytes.size());
    const float number = chance.one_of(kFloats);
    if (chance.once_in(3) || bytes.size() < sizeof number) {
      bytes[at] = static_cast<char>(chance.bits());
    } else {
      const std::size_t place = std::min(at, bytes.size() - sizeof number) & ~std::size_t{3};
      std::memcpy(&bytes[place], &number, sizeof number);
    }
  }
}

void change_archive(std::vector<FileEntry>& entries, Chance& chance) {
  if (chance.once_in(16)) return add_or_drop_entry(entries, chance);
  const bool code = !chance.once_in(3);  // most of what can go wrong is said there
  std::vector<FileEntry*> candidates;
  for (FileEntry& entry : entries) {
    if (entry.name.ends_with(".py") == code) candidates.push_back(&entry);
  }
  if (candidates.empty()) return;
  FileEntry& entry = *chance.one_of(candidates);
  if (ends_with_any(entry.name, {".py", ".json", "version"})) {
    change_code(entry.bytes, chance);
  } else if (ends_with_any(entry.name, {".pkl"})) {
    change_pickle(entry.bytes, chance);
  } else {
    change_storage(entry.bytes, chance);
  }
}

}  // namespace henson::fuzz
