// What the Oniguruma of the Rust tokenizers knows of code points that are newer than an older
// Oniguruma's Unicode: tables that make_pattern_tables.py records.
#pragma once

#include <span>

#include "runtime/tokenizer/unicode_tables.h"

namespace henson::tokenizer {

/// The code points of the zone that have a property.
struct PropertyRanges {
  const char* name = nullptr;  // "Lu"
  std::span<const CodePointRange> ranges;
};

/// Letters that (?i) takes for each other.
struct FoldPair {
  char32_t upper = 0;
  char32_t lower = 0;
};

/// The code points that these tables tell of, in increasing order.
std::span<const CodePointRange> pattern_zone();
/// Properties in which an older Oniguruma differs.
std::span<const PropertyRanges> pattern_properties();
/// By upper case.
std::span<const FoldPair> pattern_folds();

}  // namespace henson::tokenizer
