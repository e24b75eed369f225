#include "runtime/tokenizer/unicode_forms.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

// Syllables of Hangul are made of their letters by arithmetic.
constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kSyllablesEnd = 0xD7A4;
constexpr char32_t kLeading = 0x1100;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kTrailing = 0x11A7;  // one before the first
constexpr char32_t kLeadingCount = 19;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTrailingCount = 28;

constexpr bool is_leading(char32_t code) {
  return code >= kLeading && code < kLeading + kLeadingCount;
}
constexpr bool is_vowel(char32_t code) { return code >= kVowels && code < kVowels + kVowelCount; }
constexpr bool is_trailing(char32_t code) {
  return code > kTrailing && code < kTrailing + kTrailingCount;
}

/// Which two code points are one.
class Compositions {
 public:
  static const Compositions& table() {
    static const Compositions table;
    return table;
  }

  std::optional<char32_t> find(char32_t first, char32_t second) const {
    if (is_leading(first) && is_vowel(second)) {
      return kSyllables + ((first - kLeading) * kVowelCount + (second - kVowels)) * kTrailingCount;
    }
    if (first >= kSyllables && first < kSyllablesEnd && is_trailing(second)) {
      if ((first - kSyllables) % kTrailingCount == 0) return first + (second - kTrailing);
      return std::nullopt;
    }
    const auto found = pairs_.find(key(first, second));
    if (found == pairs_.end()) return std::nullopt;
    return found->second;
  }

  /// Whether it may become part of what stands before.
  bool is_second(char32_t code) const {
    return is_vowel(code) || is_trailing(code) || seconds_.contains(code);
  }

 private:
  static std::uint64_t key(char32_t first, char32_t second) {
    return std::uint64_t{first} << 32 | second;
  }

  Compositions() {
    for (const CodePointRange& range : ranges_of(CodePointSet::kDecomposes)) {
      for (char32_t code = range.first; code <= range.last; ++code) add(code);
    }
  }

  /// A code point that decomposes into two or more is of the one that all but the last make up, and
  /// the last; those that Unicode leaves decomposed are of other ones.
  void add(char32_t code);

  std::unordered_map<std::uint64_t, char32_t> pairs_;
  std::unordered_set<char32_t> seconds_;
};

void Compositions::add(char32_t code) {
  if (code >= kSyllables && code < kSyllablesEnd) return;
  const auto pair = canonical_pair(code);
  if (!pair) return;
  pairs_.emplace(key(pair->first, pair->second), code);
  seconds_.insert(pair->second);
}

struct Part {
  char32_t code = 0;
  int combining_class = 0;
  std::int32_t change = 0;
};

constexpr std::uint16_t kReorders = bit(CodePointSet::kReorders);

void append_parts(char32_t code, std::uint16_t flags, bool further, std::vector<Part>& parts) {
  const CodePointSet set = further ? CodePointSet::kDecomposesFurther : CodePointSet::kDecomposes;
  if ((flags & bit(set)) == 0) {
    parts.push_back({code, (flags & kReorders) == 0 ? 0 : combining_class(code), 0});
    return;
  }
  std::array<char32_t, kMaxDecomposition> found{};
  const int count = decompose(code, further, found);
  for (int i = 0; i < count; ++i) {
    const char32_t part = found[static_cast<std::size_t>(i)];
    parts.push_back({part, combining_class(part), i == 0 ? 0 : 1});
  }
}

/// Composes from left to right, as the Rust tokenizers do.
class Composer {
 public:
  explicit Composer(std::vector<Change>& out) : out_(out) {}

  void add(const Part& part) {
    if (!has_starter_) {
      if (part.combining_class == 0) {
        start(part);
      } else {
        out_.push_back({part.code, part.change});
      }
    } else if (!can_compose(part) || !compose(part)) {
      wait(part);
    }
  }

  void finish() {
    if (has_starter_) out_.push_back({starter_.code, starter_.change});
    for (const Part& part : waiting_) out_.push_back({part.code, part.change});
    waiting_.clear();
  }

 private:
  bool can_compose(const Part& part) const {
    return waiting_.empty() || waiting_.back().combining_class < part.combining_class;
  }

  bool compose(const Part& part) {
    const auto found = Compositions::table().find(starter_.code, part.code);
    if (!found) return false;
    starter_.code = *found;
    starter_.change += part.change - 1;
    return true;
  }

  void wait(const Part& part) {
    if (part.combining_class != 0) {
      waiting_.push_back(part);
      return;
    }
    finish();
    start(part);
  }

  void start(const Part& part) {
    starter_ = part;
    has_starter_ = true;
  }

  std::vector<Change>& out_;
  Part starter_;  // what may still compose
  bool has_starter_ = false;
  std::vector<Part> waiting_;  // marks after it that are no part of it
};

/// Whether a text is in the form without a closer look.
bool is_plain(UnicodeForm form, const std::string& text) {
  const bool composes = form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc;
  const bool further = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  const CodePointSet set = further ? CodePointSet::kDecomposesFurther : CodePointSet::kDecomposes;
  const std::uint16_t unfit = bit(set) | kReorders;
  const Unicode& unicode = Unicode::table();
  for (std::size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      ++at;
      continue;
    }
    const Decoded c = decode_utf8(text, at);
    if ((unicode.flags(c.code) & unfit) != 0) return false;
    if (composes && Compositions::table().is_second(c.code)) return false;
    at += c.length;
  }
  return true;
}

}  // namespace

void normalize(UnicodeForm form, NormalizedText& text) {
  if (is_plain(form, text.text())) return;
  const bool further = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  const Unicode& unicode = Unicode::table();
  std::vector<Part> parts;
  parts.reserve(text.text().size());
  for (std::size_t at = 0; at < text.text().size();) {
    const Decoded c = decode_utf8(text.text(), at);
    append_parts(c.code, unicode.flags(c.code), further, parts);
    at += c.length;
  }
  reorder_marks(parts);
  std::vector<Change> changes;
  changes.reserve(parts.size());
  if (form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc) {
    Composer composer(changes);
    for (const Part& part : parts) composer.add(part);
    composer.finish();
  } else {
    for (const Part& part : parts) changes.push_back({part.code, part.change});
  }
  text.transform(changes);
}

}  // namespace henson::tokenizer
