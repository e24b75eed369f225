// Properties of code points, as the Rust tokenizers have them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/tokenizer/unicode_tables.h"

namespace henson::tokenizer {

/// The one code point whose lower case is two: i and a dot above.
inline constexpr char32_t kCapitalIWithDot = 0x130;
inline constexpr char32_t kDotAbove = 0x307;

/// Constant for ever: one table for the process, made at the first use.
class Unicode {
 public:
  static const Unicode& table();

  bool is(CodePointSet set, char32_t code) const noexcept {
    return (flags(code) >> static_cast<unsigned>(set) & 1U) != 0;
  }
  /// A bit for each CodePointSet; above them the GraphemeKind.
  std::uint16_t flags(char32_t code) const noexcept {
    if (code >= kCodePoints) return 0;
    return pages_[page_of_[code / kPage] * kPage + code % kPage];
  }
  GraphemeKind grapheme_kind(char32_t code) const noexcept {
    return GraphemeKind{static_cast<std::uint8_t>(flags(code) >> kCodePointSets)};
  }
  /// The lower case, or the same; of kCapitalIWithDot the i, which kDotAbove follows.
  char32_t lower(char32_t code) const noexcept;

 private:
  static constexpr char32_t kCodePoints = 0x110000;
  static constexpr char32_t kPage = 256;

  Unicode();

  std::array<std::uint16_t, kCodePoints / kPage> page_of_{};
  std::vector<std::uint16_t> pages_;
};

constexpr std::uint16_t bit(CodePointSet set) noexcept {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(set));
}

/// Ideographs that WordPiece takes for words of their own: what BERT's authors listed.
constexpr bool is_cjk(char32_t code) noexcept {
  return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
         (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

/// The decomposition of a code point of CodePointSet::kDecomposes, or with `further`
/// (compatibility) of kDecomposesFurther; no larger than this.
inline constexpr int kMaxDecomposition = 18;
int decompose(char32_t code, bool further, std::array<char32_t, kMaxDecomposition>& parts) noexcept;

/// The two code points whose canonical composition it is; nothing where Unicode composes none.
std::optional<std::pair<char32_t, char32_t>> canonical_pair(char32_t code) noexcept;

/// The canonical combining class; 0 of those outside of kReorders that do not come of decomposing.
int combining_class(char32_t code) noexcept;

/// Puts marks that follow each other in the order of their classes, where `Part` has its
/// combining_class.
template <typename Part>
void reorder_marks(std::vector<Part>& parts) {
  const auto is_starter = [](const Part& part) { return part.combining_class == 0; };
  for (auto at = parts.begin(); at != parts.end();) {
    const auto begin = std::find_if_not(at, parts.end(), is_starter);
    at = std::find_if(begin, parts.end(), is_starter);
    std::stable_sort(begin, at, [](const Part& a, const Part& b) {
      return a.combining_class < b.combining_class;
    });
  }
}

/// Whether regular expressions count it to words (\w).
inline bool is_word_character(char32_t code) noexcept {
  return Unicode::table().is(CodePointSet::kWord, code);
}

/// The number of its script; 0 of what goes with any.
std::uint8_t script_of(char32_t code) noexcept;

}  // namespace henson::tokenizer
