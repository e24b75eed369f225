// Changes to an archive's entries that keep it an archive: they mean something else, and may well
// be nonsense.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/support.h"

namespace henson::fuzz {

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : bits_(seed) {}

  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : bits_() % limit; }
  bool once_in(std::size_t count) { return below(count) == 0; }
  template <typename Items>
  const auto& one_of(const Items& items) {
    return items[below(std::size(items))];
  }
  std::uint32_t bits() { return static_cast<std::uint32_t>(bits_()); }

 private:
  std::mt19937 bits_;
};

/// TorchScript, or JSON: numbers, names of operators, names, statements.
void change_code(std::string& text, Chance& chance);
/// A pickle: its integers, booleans, texts and names, each kept what it is.
void change_pickle(std::string& bytes, Chance& chance);
/// The elements of a storage, or how many they are.
void change_storage(std::string& bytes, Chance& chance);
/// Any of these, or what entries there are.
void change_archive(std::vector<FileEntry>& entries, Chance& chance);

/// A number that is often an edge.
std::int64_t integer_of(Chance& chance);

}  // namespace henson::fuzz
