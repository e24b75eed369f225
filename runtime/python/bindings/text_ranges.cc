#include "runtime/python/bindings/text_ranges.h"

#include <algorithm>

namespace henson::python {

Characters::Characters(std::string_view text) {
  const auto is_ascii = [](char c) { return (c & '\x80') == 0; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return;
  before_.reserve(text.size() + 1);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    before_.push_back(count);
    // Counted at its last byte, so that a place within a character is the character's.
    const bool ends = i + 1 == text.size() || (text[i + 1] & '\xc0') != '\x80';
    count += ends ? 1 : 0;
  }
  before_.push_back(count);
}

}  // namespace henson::python
