// Real archives whose code, pickles, constants and weights are changed, packed again and, when they
// still open, run on both executors.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/fuzz/mutation.h"
#include "tests/fuzz/run_archive.h"
#include "tests/fuzz/support.h"

using namespace henson;

namespace {

std::size_t give(const std::string& bytes, std::uint8_t* data, std::size_t size, std::size_t most) {
  if (bytes.size() > most) return size;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  auto entries = fuzz::entries_of(file);
  if (!entries) return {};
  std::erase_if(*entries, [](const fuzz::FileEntry& entry) {  // which nobody reads
    return entry.name.ends_with(".debug_pkl");
  });
  return {fuzz::zip_of(*entries)};
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  auto entries = fuzz::entries_of(text_of(data, size));
  if (!entries) return size;
  fuzz::Chance chance(seed);
  for (std::size_t count = 1 + chance.below(3); count > 0; --count) {
    fuzz::change_archive(*entries, chance);
  }
  return give(fuzz::zip_of(*entries), data, size, most);
}

/// Entries of one archive in the other's, where both have such a one.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size,
                                                 const std::uint8_t* two, std::size_t two_size,
                                                 std::uint8_t* out, std::size_t most,
                                                 unsigned seed) {
  auto entries = fuzz::entries_of(text_of(one, one_size));
  const auto others = fuzz::entries_of(text_of(two, two_size));
  if (!entries || !others || entries->empty()) return 0;
  fuzz::Chance chance(seed);
  fuzz::FileEntry& entry = (*entries)[chance.below(entries->size())];
  const auto end_of = [](const std::string& name) { return name.substr(name.find('/') + 1); };
  const auto found = std::find_if(
      others->begin(), others->end(),
      [&](const fuzz::FileEntry& other) { return end_of(other.name) == end_of(entry.name); });
  if (found != others->end()) entry.bytes = found->bytes;
  return give(fuzz::zip_of(*entries), out, 0, most);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::open_and_run(std::string(text_of(data, size)));
  return 0;
}
