// Parts of tensors, as Python writes them: "[0:3, :5]".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// What is taken of one dimension.
struct Subscript {
  enum class Kind { kIndex, kRange, kEllipsis };
  Kind kind = Kind::kRange;
  std::int64_t index = 0;             // kIndex
  std::optional<std::int64_t> start;  // kRange
  std::optional<std::int64_t> stop;
  std::int64_t step = 1;
};

/// "[0:3, -1, ...]", with or without the brackets. Throws UsageError that says what is wrong.
std::vector<Subscript> parse_subscripts(std::string_view text);

/// tensor[subscripts], as NumPy takes it: an index drops its dimension, a range that goes over the
/// end ends there, negative numbers count from the end, dimensions that are not named stay. Throws
/// henson::Error (kBadInput) for too many subscripts and for an index that is out of range.
Tensor take(const Tensor& tensor, const std::vector<Subscript>& subscripts);

/// A tensor's name, and what is taken of it: "encoder.weight[0, :5]".
struct NamedPart {
  std::string name;
  std::string subscripts;  // "[0, :5]"; empty: all
};

/// The name ends at the last "[" where the text ends with "]".
NamedPart split_name(const std::string& text);

}  // namespace henson::tools
