// What the Rust tokenizers know of code points: tables that make_unicode_tables.py records from
// them.
#pragma once

#include <cstdint>
#include <span>

namespace henson::tokenizer {

struct CodePointRange {
  char32_t first = 0;
  char32_t last = 0;
};

/// The code points first, first + step, …, last have the lower case that many code points on.
struct LowerRun {
  char32_t first = 0;
  char32_t last = 0;
  std::uint32_t step = 1;
  std::int32_t difference = 0;
};

/// Code points of one script, which has a number of 1 and more.
struct ScriptRange {
  char32_t first = 0;
  char32_t last = 0;
  std::uint8_t script = 0;
};

enum class CodePointSet : std::uint8_t {
  kRemoved,
  kWhite,
  kMark,
  kPunctuation,
  kLetter,
  kNumber,
  kDecomposes,
  kReorders,
  kDecomposesFurther,
  kAnyMark,
  kWord,
  kNumeric,
};
inline constexpr int kCodePointSets = 12;

/// By which of the rules of UAX #29 a code point joins its neighbours to graphemes. Syllables of
/// Hangul are told by arithmetic; regional indicators are kOther: a flag is longer than what is
/// looked at as a whole.
enum class GraphemeKind : std::uint8_t {
  kOther,
  kControl,
  kJoiner,         // U+200D
  kLinker,         // a virama: consonants around it are of one grapheme
  kLinkingExtend,  // joins what is before, and may stand beside a linker
  kExtend,
  kSpacing,
  kPrepend,  // joins what is after
  kLeading,  // of Hangul, and the next two
  kVowel,
  kTrailing,
  kPictographic,
  kConsonant,  // of scripts with linkers
};

struct GraphemeRange {
  char32_t first = 0;
  char32_t last = 0;
  GraphemeKind kind = GraphemeKind::kOther;
};

/// In increasing order.
std::span<const CodePointRange> ranges_of(CodePointSet set);
/// Without U+0130, whose lower case is two code points.
std::span<const LowerRun> lower_runs();
/// In increasing order, without code points that go with any script.
std::span<const ScriptRange> script_ranges();
/// In increasing order, without those of kOther.
std::span<const GraphemeRange> grapheme_ranges();

}  // namespace henson::tokenizer
