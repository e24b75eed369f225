// Places in a text: bytes for Henson, characters for Python.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/tokenizer.h"

namespace henson::python {

class Characters {
 public:
  explicit Characters(std::string_view text);

  std::pair<std::uint32_t, std::uint32_t> of(const ByteRange& range) const {
    return {at(range.begin), at(range.end)};
  }

 private:
  std::uint32_t at(std::uint32_t byte) const { return before_.empty() ? byte : before_[byte]; }

  std::vector<std::uint32_t> before_;  // characters before each byte; empty where all are ASCII
};

}  // namespace henson::python
